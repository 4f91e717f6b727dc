"""The plot of series over months."""

from __future__ import annotations

from tests.results.history.nights import nights
from toolkit.results.history.judged import histories
from toolkit.results.history.runs import with_runs
from toolkit.results.plots.history import history_plot
from toolkit.results.plots.nothing import Nothing
from toolkit.results.store.store import Store


def test_each_series_has_a_panel_with_its_changes(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    nights(store, [1.0] * 20 + [1.2] * 8)
    chart = history_plot(with_runs(store, histories(store), most=4))
    (axes,) = chart.axes
    assert axes.get_title(loc="left").startswith("oil_painting@opencv")
    assert [text.get_text() for text in axes.texts] in (["+19 %"], ["+20 %"], ["+21 %"])
    assert "28 runs" in chart.alt and "2025-11-21" in chart.alt
    assert chart.png()[:4] == b"\x89PNG"


def test_without_runs_nothing_is_drawn():
    assert isinstance(history_plot([]), Nothing)
