"""Throughput over workers x threads: the numbers, the best cell, the cells that share cores."""

from __future__ import annotations

import pytest
from matplotlib.patches import Rectangle

from tests.results.drawn import legend_of
from tests.results.factory import MACHINE, four_styles, make_measurement
from toolkit.results.plots.heat_map import heat_map_plot


def grid(**changes):
    return [make_measurement(workers=n, threads=t, **changes) for n in (1, 2) for t in (1, 2)]


def test_each_cell_has_its_number_and_the_best_is_bold():
    (axes,) = heat_map_plot(grid()).axes
    bold = [text.get_text() for text in axes.texts if text.get_fontweight() == "bold"]
    rates = [text.get_text() for text in axes.texts]
    assert len(rates) == 4
    assert bold == [max(rates, key=float)]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("workers", "threads each")


def test_cells_that_share_cores_are_hatched():
    chart = heat_map_plot(grid())
    (axes,) = chart.axes
    hatched = [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_hatch()]
    assert len(hatched) == 1  # two workers of two threads on two cores
    assert legend_of(chart) == ["more threads than physical cores"]


def test_a_panel_for_each_operation_and_no_best_on_a_busy_machine():
    chart = heat_map_plot(four_styles(megapixels=(1,), workers=(1, 2), threads=(1, 2)))
    assert sum(bool(axes.texts) for axes in chart.axes) == 4
    busy = heat_map_plot(grid(suspect=("other processes used 1.0 of 2 processors",)))
    assert "busy" in busy.get_suptitle()
    assert {text.get_fontweight() for text in busy.axes[0].texts} == {"normal"}


def test_a_cell_that_was_not_measured_is_predicted_in_parentheses():
    sixteen = {**MACHINE, "cpu": {**MACHINE["cpu"], "physical_allowed": 16}}
    pairs = [(n, t) for n in (1, 2, 4) for t in (1, 2)]
    rows = [
        make_measurement(
            workers=n, threads=t, latency_s=0.1 * (1 + 0.05 * (n - 1)) / t**0.8, fingerprint=sixteen
        )
        for n, t in pairs[:-1]
    ]
    chart = heat_map_plot(rows)
    (predicted,) = [text.get_text() for text in chart.axes[0].texts if text.get_text().startswith("(")]
    assert float(predicted[1:-1]) == pytest.approx(4 / 1.15 * 2**0.8 * 10, rel=0.1)
    assert "predicted" in " ".join(legend_of(chart))


def test_no_grid_is_a_sentence():
    assert "not drawn" in str(heat_map_plot([make_measurement(workers=n) for n in (1, 2)]))
