"""``atelier batch``: what it prints, its exit codes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import toolkit as tk
from tests.apps.cli.conftest import Refused
from toolkit.apps.cli.main import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures and a file that only has the name of one."""
    (tmp_path / "in").mkdir()
    for number in range(3):
        part = np.ascontiguousarray(tk.photo("coffee")[number : number + 60, :80])
        tk.save(part, tmp_path / "in" / f"{number}.jpg")
    (tmp_path / "in" / "notes.jpg").write_text("no picture")
    return tmp_path / "in"


def test_the_summary_names_what_failed_and_the_exit_code_says_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["batch", "fit_side", str(folder), str(tmp_path / "out"), "--side", "32", "--format", "png"]
    assert run(asked) == 4
    told = capsys.readouterr()
    assert "3 of 4 pictures are done" in told.out and "1 unreadable" in told.out
    assert "pictures a second" in told.out and "by stage" in told.out
    assert "notes.jpg failed" in told.err
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == ["0.png", "1.png", "2.png"]
    (folder / "notes.jpg").unlink()
    assert run([*asked, "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["done"], summary["now"], summary["failed"]) == (3, 0, 0)


def test_a_dry_run_writes_nothing(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["batch", "fit_side", str(folder), str(tmp_path / "out"), "--dry-run"]) == 0
    assert "4 pictures" in capsys.readouterr().out and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--executor", "treads"], "threads"),
        (["--chroma", "4:1:1"], "4:2:0"),
        (["--workers", "0"], "workers"),
        (["--format", "gif"], "format"),
        (["--executor", "inline", "--timeout", "2"], "timeout"),
    ],
)
def test_a_wrong_option_is_one_sentence(
    folder: Path, tmp_path: Path, refused: Refused, options: list[str], said: str
) -> None:
    assert said in refused(["batch", "fit_side", str(folder), str(tmp_path / "out"), *options])


def test_a_cluster_writes_the_same_files(
    folder: Path, tmp_path: Path, cluster_address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["batch", "oil_painting", str(folder)]
    assert run([*asked, str(tmp_path / "here")]) == 4
    assert run([*asked, str(tmp_path / "there"), "--cluster", cluster_address]) == 4
    assert "1 unreadable" in capsys.readouterr().out
    for number in range(3):
        here, there = (tmp_path / place / f"{number}.jpg" for place in ("here", "there"))
        assert here.read_bytes() == there.read_bytes()


def test_a_cluster_that_cannot_be_reached_is_missing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["batch", "oil_painting", str(folder), str(tmp_path / "out"), "--cluster", "tcp://127.0.0.1:1"]
    assert run(asked) == 3
    assert "scheduler" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
