"""How series are marked and named, and what is drawn for a suspect or a failed row."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from tests.results.drawn import legend_of
from tests.results.factory import four_styles, make_measurement, too_large
from toolkit.results.plots import lines
from toolkit.results.plots.marks import backend_colors
from toolkit.results.plots.sizes import latency_plot, workers_plot
from toolkit.results.rows.summarising import summarise


def hollow_points(axes):
    return [
        tuple(np.concatenate(line.get_data()))
        for line in axes.lines
        if to_hex(line.get_markerfacecolor()) == "#ffffff"
    ]


def test_a_failed_size_is_hollow_named_and_in_no_fit():
    right = [make_measurement(megapixels=size, jitter=1e-6) for size in (0.5, 1, 2, 4)]
    chart = latency_plot([*right, too_large(12.2, latency_s=0.001)])
    assert "hollow: time to a wrong picture" in legend_of(chart)
    assert any("1.04 [1.04, 1.04]" in entry for entry in legend_of(chart))
    (hollow,) = hollow_points(chart.axes[0])
    assert hollow[0] == pytest.approx(12.2, abs=0.1)
    fitted = [line for line in chart.axes[0].lines if len(line.get_xdata()) > 10]
    assert max(max(line.get_xdata()) for line in fitted) == pytest.approx(4, abs=0.1)
    assert legend_of(latency_plot(right))[-1] != "hollow: time to a wrong picture"


def test_a_suspect_point_is_marked():
    quiet, noisy = make_measurement(megapixels=1), make_measurement(megapixels=2, suspect=("steal 4 %",))
    chart = latency_plot([quiet, noisy])
    (mark,) = [text for text in chart.axes[0].texts if text.get_text() == "?"]
    assert mark.xy[0] == pytest.approx(2, abs=0.1)
    assert any("suspect" in entry for entry in legend_of(chart))
    assert legend_of(latency_plot([quiet])) == ["stylization: n/a"]


def test_series_differ_in_marker_as_well_as_in_colour():
    handles = latency_plot(four_styles(workers=(1,))).legends[0].legend_handles[:4]
    assert len({handle.get_marker() for handle in handles}) == 4
    assert len({to_hex(handle.get_color()) for handle in handles}) == 4


def test_intervals_are_drawn_only_where_there_are_any():
    with_interval = latency_plot([make_measurement(blocks=3)]).axes[0]
    without = latency_plot([make_measurement(blocks=2)]).axes[0]
    assert len(with_interval.containers) == 1 and len(without.containers) == 0


def test_each_thread_count_is_a_line_of_its_own():
    legend = legend_of(workers_plot(four_styles(workers=(1, 2), threads=(1, 2))))
    assert "oil_painting, 1 thread" in legend and "oil_painting, 2 threads" in legend


def test_where_only_backends_differ_a_line_has_the_colour_of_its_backend():
    rows = summarise([make_measurement(backend=name) for name in ("opencv", "numba")])
    curves = lines.curves_of(rows)
    colors = backend_colors(["numba", "opencv"])
    assert {curve.series.backend: curve.mark.color for curve in curves} == colors
    assert {curve.name for curve in curves} == {"stylization@numba", "stylization@opencv"}
    assert lines.title_of("Latency", curves) == "Latency (1 thread, 1 worker)"
