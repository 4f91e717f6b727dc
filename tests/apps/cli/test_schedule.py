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
