"""The command itself: help, versions, names, exit codes, pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit import __version__
from toolkit.apps.cli.main import COMMANDS, run


def _refused(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int = 2) -> str:
    """Run a command that must fail; returns its one sentence."""
    assert run(arguments) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("atelier: ")
    assert printed.err.count("\n") == 1
    return printed.err.removeprefix("atelier: ").strip()


def _process(*arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "toolkit", *arguments], capture_output=True, text=True, timeout=60, **settings
    )  # type: ignore[call-overload,no-any-return]


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


def test_unknown_command_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Did you mean 'bench'?" in _refused(["bnech"], capsys)


def test_unknown_option_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    sentence = _refused(["apply", "oil_painting", "coffee", "out.png", "--sizes", "3"], capsys)
    assert "Did you mean '--size'?" in sentence


def test_missing_argument_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert "IN, OUT" in _refused(["apply", "oil_painting"], capsys)


def test_superfluous_argument_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "unexpected argument 'more'" in _refused(["list", "images", "more"], capsys)


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


def test_list_shows_operations_backends_and_images(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list"]) == 0
    shown = capsys.readouterr().out
    for expected in ("stylization", "opencv", "astronaut"):
        assert expected in shown


def test_list_as_json_declares_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "operations", "--json"]) == 0
    oil = next(op for op in json.loads(capsys.readouterr().out) if op["name"] == "oil_painting")
    size = next(param for param in oil["params"] if param["name"] == "size")
    assert (size["default"], size["unit"]) == (7, "px")
    assert "opencv" in oil["backends"]


def test_list_of_an_unknown_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert "operations" in _refused(["list", "operation"], capsys)


def test_own_pictures_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data" / "images").mkdir(parents=True)
    (tmp_path / "data" / "images" / "été.jpg").write_bytes(b"")
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    assert run(["list", "images"]) == 0
    assert "été.jpg" in capsys.readouterr().out


def test_cache_shows_and_clears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for kind in ("references", "exports"):
        (tmp_path / "atelier" / kind).mkdir(parents=True)
        (tmp_path / "atelier" / kind / "one.npy").write_bytes(bytes(2000))
    assert run(["cache", "show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["references"]["bytes"] == 2000
    assert run(["cache", "clear", "references"]) == 0
    assert capsys.readouterr().out.startswith("references: 2")
    assert not (tmp_path / "atelier" / "references" / "one.npy").exists()
    assert (tmp_path / "atelier" / "exports" / "one.npy").exists()


def test_cache_refuses_an_unknown_kind_and_clears_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept = tmp_path / "atelier" / "references" / "one.npy"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"x")
    assert "Did you mean 'references'?" in _refused(["cache", "clear", "references", "reference"], capsys)
    assert kept.exists()
