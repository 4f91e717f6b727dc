"""A checkout of its own with one notebook that takes no time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A checkout of its own, whose path needs quoting, with one notebook that takes no time."""
    root = tmp_path / "my 100% checkout"
    for folder in ("notebooks", "toolkit", "reports"):
        (root / folder).mkdir(parents=True)
    shutil.copytree(
        CHECKOUT / "toolkit", root / "toolkit", dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.pyc")
    )
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "a",
        "outputs": [],
        "metadata": {"tags": ["parameters"]},
    }
    cell["source"] = 'words: list[str] = ["one"]  # any\ncount: int = 1  # any\n'
    document = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "notebooks" / "05_tiny.ipynb").write_text(json.dumps(document))
    monkeypatch.setenv("ATELIER_HOME", str(root))
    monkeypatch.chdir(root)
    return root
