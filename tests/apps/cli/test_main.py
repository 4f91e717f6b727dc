"""The command itself: help, versions, names, exit codes, pipes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.apps.cli.conftest import Refused
from toolkit import __version__
from toolkit.apps.cli.main import COMMANDS, run


def _process(*arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "toolkit", *arguments], capture_output=True, text=True, timeout=60, **settings
    )


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        run(["--help"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert all(f"\n    {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        run([command, "--help"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: atelier {command}")
    assert "-q, --quiet" in shown


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    assert "COMMAND" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        run(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"atelier {__version__}\n"


def test_python_m_toolkit_is_the_same_command() -> None:
    answer = _process("--version")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, f"atelier {__version__}\n", "")


def test_unknown_command_gets_a_suggestion(refused: Refused) -> None:
    assert "Did you mean 'bench'?" in refused(["bnech"])


def test_verbose_shows_where_an_error_came_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-v", "list", "sounds"]) == 2
    printed = capsys.readouterr().err
    assert "Traceback" in printed
    assert printed.splitlines()[-1].startswith("atelier: kind must be one of")


def test_a_closed_pipe_is_no_error() -> None:
    # A pipe whose reader is gone before the first byte, as when `head` has seen enough.
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "toolkit", "list", "--json"]
    answer = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writing)
    assert (answer.returncode, answer.stderr) == (141, "")
