"""``atelier schedule``: what it prints, and what it refuses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.apps.cli.conftest import Refused
from toolkit.apps.cli.main import run


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock is not installed")
def test_schedule_prints_cron_and_systemd(tiny_notebook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schedule", "tiny", "--cron", "0 3 * * *", "-f", "half"]) == 0
    printed = capsys.readouterr().out
    assert any(line.startswith("0 3 * * * cd ") for line in printed.splitlines())
    assert "[Timer]" in printed
    assert str(tiny_notebook) in printed


def test_schedule_refuses_a_bad_expression(tiny_notebook: Path, refused: Refused) -> None:
    assert "cron" in refused(["schedule", "tiny", "--cron", "61 3 * * *"])


def test_what_is_printed_has_the_variables_that_decide_results(
    tiny_notebook: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"ATELIER_WEIGHTS": "/my 100% weights", "XDG_CACHE_HOME": "/cache", "NUMBA_CPU_NAME": "generic"}
    for name, value in {**told, "ATELIER_REPORT_FOLDER": "/tmp/other", "EDITOR": "vi"}.items():
        monkeypatch.setenv(name, value)
    assert run(["schedule", "tiny", "--cron", "@daily"]) == 0
    printed = capsys.readouterr().out
    (line,) = (line for line in printed.splitlines() if line.startswith("@daily"))
    assert "'ATELIER_WEIGHTS=/my 100\\% weights'" in line and "XDG_CACHE_HOME=/cache" in line
    assert 'Environment="ATELIER_WEIGHTS=/my 100%% weights"\n' in printed
    assert "NUMBA_CPU_NAME=generic" in line
    assert "EDITOR" not in printed and "/tmp/other" not in printed


def test_a_preset_of_the_current_folder_comes_before_the_one_of_the_project(
    tiny_notebook: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    trip = tmp_path_factory.mktemp("trip")
    (trip / "half.yaml").write_text("divisor: 3")
    monkeypatch.chdir(trip)
    assert run(["schedule", "tiny", "--cron", "@daily", "-f", "half"]) == 0
    assert f"-f {trip}/half.yaml" in capsys.readouterr().out
