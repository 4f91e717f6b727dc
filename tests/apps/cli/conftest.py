"""What tests of several commands share: a small store, a small notebook, and a command that is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest

import toolkit as tk
from toolkit.apps.cli.main import run

Refused = Callable[..., str]

SMALL = ["oil_painting", "pencil_sketch", "--backends", "opencv", "--size", "48x36", "--images", "coffee"]
"""What ``atelier bench`` takes to measure two trials in a moment."""


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the two trials of `SMALL`, measured once for all tests that read."""
    path = tmp_path_factory.mktemp("bench") / "store.sqlite"
    assert run(["bench", *SMALL, "--store", str(path), "--quiet"]) == 0
    return path


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """Runs a command that must fail; returns the one sentence that it prints."""

    def run_and_read(arguments: list[str], code: int = 2) -> str:
        assert run(arguments) == code
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("atelier: ")
        assert printed.err.count("\n") == 1
        return printed.err

    return run_and_read


@pytest.fixture
def tiny_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one notebook, ``05_tiny``, that takes a second."""
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


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A PNG of 32 x 24 px with random levels."""
    return tk.save(
        np.random.default_rng(3).integers(0, 256, (24, 32, 3), dtype=np.uint8), tmp_path / "photo.png"
    )
