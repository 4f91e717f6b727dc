"""``atelier report`` and ``atelier schedule``: what they print, and what they refuse before anything runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.apps.cli.conftest import Refused
from toolkit.apps.cli.main import run


def test_prints_the_page_it_wrote(tiny_notebook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "tiny", "-p", "divisor", "3", "-f", "half", "-q"]) == 0
    page = Path(capsys.readouterr().out.strip())
    assert page.is_relative_to(tiny_notebook / "reports")
    assert "divisor" in page.read_text()


def test_a_failing_notebook_still_gets_a_report_and_the_command_fails(
    tiny_notebook: Path, refused: Refused
) -> None:
    sentence = refused(["report", "tiny", "-p", "divisor", "0", "-q"], code=4)
    assert "ZeroDivisionError" in sentence
    pages = list((tiny_notebook / "reports").glob("*_05_tiny/index.html"))
    assert len(pages) == 1
    assert str(pages[0]) in sentence


@pytest.mark.parametrize(
    ("given", "part"),
    [
        (["tinny"], "Did you mean"),
        (["tiny", "-p", "divisr", "2"], "Did you mean 'divisor'?"),
        (["tiny", "-p", "divisor", "two"], "'divisor' of notebook 05_tiny"),
        (["tiny", "-p", "divisor"], "expected 2 arguments"),
        (["tiny", "-f", "nowhere"], "nowhere"),
        ([], "NAME"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.parametrize(
    "command", [["report"], ["schedule", "--cron", "0 3 * * *"]], ids=["report", "schedule"]
)
def test_refuses_before_anything_runs(
    command: list[str], given: list[str], part: str, tiny_notebook: Path, refused: Refused
) -> None:
    if command[0] == "schedule" and shutil.which("flock") is None:
        pytest.skip("flock is not installed")
    assert part in refused([*command, *given])
    assert not list(tiny_notebook.glob("reports/*"))
