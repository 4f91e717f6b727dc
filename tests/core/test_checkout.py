"""Where Atelier looks for its checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.core import checkout
from toolkit.core.errors import InvalidValue


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ATELIER_HOME", raising=False)
    for folder in ("notebooks/cases", "toolkit/core"):
        (tmp_path / "atelier" / folder).mkdir(parents=True)
    return tmp_path / "atelier"


@pytest.mark.parametrize("below", [".", "notebooks", "toolkit/core"])
def test_the_nearest_parent_that_is_a_checkout(home, monkeypatch, below):
    monkeypatch.chdir(home / below)
    assert checkout.root() == home


def test_a_folder_of_notebooks_alone_is_no_checkout(tmp_path, monkeypatch, home):
    (tmp_path / "mine" / "notebooks").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "mine" / "notebooks")
    with pytest.raises(InvalidValue, match="runs from its checkout.*set ATELIER_HOME"):
        checkout.root()


def test_the_variable_wins(home, tmp_path, monkeypatch):
    monkeypatch.chdir(home)
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    assert checkout.root() == tmp_path


def test_a_variable_that_names_no_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path / "gone"))
    with pytest.raises(InvalidValue, match="ATELIER_HOME must be the folder"):
        checkout.root()
