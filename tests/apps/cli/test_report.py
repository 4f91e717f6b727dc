"""``atelier report`` and ``atelier schedule``: what they print, and what they refuse before anything runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

from toolkit.apps.cli.main import run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one notebook that takes a second."""
    (tmp_path / "notebooks" / "presets").mkdir(parents=True)
    book = nbformat.v4.new_notebook()
    parameters = nbformat.v4.new_code_cell(
        "divisor: int = 1  # zero fails", metadata={"tags": ["parameters"]}
    )
    book.cells = [parameters, nbformat.v4.new_code_cell("12 // divisor")]
    nbformat.write(book, tmp_path / "notebooks" / "05_tiny.ipynb")
    (tmp_path / "notebooks" / "presets" / "half.yaml").write_text("divisor: 2\n")
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    return tmp_path


def _refused(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int = 2) -> str:
    assert run(arguments) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("atelier: ")
    assert printed.err.count("\n") == 1
    return printed.err


def test_prints_the_page_it_wrote(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "tiny", "-p", "divisor", "3", "-f", "half", "-q"]) == 0
    page = Path(capsys.readouterr().out.strip())
    assert page.is_relative_to(home / "reports")
    assert "divisor" in page.read_text()


def test_a_failing_notebook_is_on_the_shelf_and_the_command_fails(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = _refused(["report", "tiny", "-p", "divisor", "0", "-q"], capsys, code=4)
    assert "ZeroDivisionError" in sentence
    pages = list((home / "reports").glob("*_05_tiny/index.html"))
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
    command: list[str], given: list[str], part: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if command[0] == "schedule" and shutil.which("flock") is None:
        pytest.skip("flock is not installed")
    assert part in _refused([*command, *given], capsys)
    assert not list(home.glob("reports/*"))


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock is not installed")
def test_schedule_prints_cron_and_systemd(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schedule", "tiny", "--cron", "0 3 * * *", "-f", "half"]) == 0
    printed = capsys.readouterr().out
    assert any(line.startswith("0 3 * * * cd ") for line in printed.splitlines())
    assert "[Timer]" in printed
    assert str(home) in printed


def test_schedule_refuses_a_bad_expression(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "cron" in _refused(["schedule", "tiny", "--cron", "61 3 * * *"], capsys)
