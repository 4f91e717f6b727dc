"""What tests of reports share: a checkout of their own."""

from __future__ import annotations

import pytest


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A checkout of its own, with braces in its path."""
    root = tmp_path / "a {checkout}"
    (root / "notebooks").mkdir(parents=True)
    monkeypatch.setenv("ATELIER_HOME", str(root))
    return root
