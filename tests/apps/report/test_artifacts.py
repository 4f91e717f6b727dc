"""`keep` writes a notebook's items into its report, and writes nothing without a report."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from matplotlib.figure import Figure

from toolkit.apps.report.artifacts import FOLDER_VARIABLE, keep, metrics
from toolkit.core.errors import InvalidValue


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def test_numbers_gather_in_one_file(folder):
    assert keep("seconds", 0.5) == 0.5
    keep("seconds", float("nan"))
    keep("names", ["a"])
    assert metrics(folder) == {"seconds": None, "names": ["a"]}
    assert json.loads((folder / "metrics.json").read_text()) == metrics(folder)


def test_any_figure_becomes_png_and_svg_and_any_table_csv(folder):
    figure, frame = Figure(), pd.DataFrame({"a": [1]})
    assert keep("line", figure) is figure
    assert keep("rows", frame) is frame
    assert (folder / "figures" / "line.png").read_bytes()[:4] == b"\x89PNG"
    assert "<svg" in (folder / "figures" / "line.svg").read_text()
    assert (folder / "tables" / "rows.csv").read_text() == "a\n1\n"


def test_without_a_report_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert keep("seconds", 0.5) == 0.5
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "A", "../up", "a b", "_a", "a.csv"])
def test_a_name_must_be_fit_for_a_file(folder, name):
    with pytest.raises(InvalidValue, match="lower-case words"):
        keep(name, 1)
