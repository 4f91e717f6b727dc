"""Throughput against workers: which points are fitted, what marks the cores and the peak, what is not drawn."""

from __future__ import annotations

import numpy as np

from tests.results.drawn import legend_of, pixels_of
from tests.results.factory import MACHINE, make_measurement
from toolkit.results.plots.scaling import curves_of, rates_plot, scaling_plot
from toolkit.results.rows.rate_file import read_rates
from toolkit.results.rows.rates import rate_tables

SIXTEEN = {**MACHINE, "cpu": {**MACHINE["cpu"], "physical_allowed": 16}}
COUNTS = (1, 2, 4, 6, 8, 12, 16, 24)


def falling(**changes):
    """Rows whose throughput peaks at 10 workers."""
    return [
        make_measurement(workers=n, latency_s=0.1 * (1 + 0.01 * n * (n - 1)), fingerprint=SIXTEEN, **changes)
        for n in COUNTS
    ]


def texts_of(chart):
    return " ".join(text.get_text() for axes in chart.axes for text in axes.texts)


def test_a_curve_for_each_executor_and_number_of_threads():
    rows = [*falling(), *falling(executor="threads"), *falling(threads=2)]
    curves = curves_of(rate_tables(rows))
    assert [curve.name for curve in curves] == [
        "processes, 1 thread",
        "processes, 2 threads",
        "threads, 1 thread",
    ]
    assert [curve.law.workers for curve in curves] == [COUNTS[:-1], COUNTS[:-3], COUNTS[:-1]]
    chart = scaling_plot(rows)
    assert len(chart.axes) == 1
    assert [entry for entry in legend_of(chart) if "thread" in entry][:3] == [curve.name for curve in curves]


def test_the_peak_and_the_physical_cores_are_marked():
    chart = scaling_plot(falling())
    assert "16 physical cores" in texts_of(chart)
    assert {"peak of the law with its interval", "pale: threads share physical cores"} <= set(
        legend_of(chart)
    )
    assert "USL, peak at 10 workers" in chart.alt
    assert chart.axes[0].get_xlabel() == "workers" and chart.axes[0].get_ylabel().endswith("images/s")


def test_two_cores_cannot_tell_and_the_text_says_so():
    chart = scaling_plot([make_measurement(workers=n) for n in (1, 2, 4)])
    assert "peak is not known" in chart.alt and "2 physical cores" in texts_of(chart)
    assert "peak of the law with its interval" not in legend_of(chart)


def test_a_busy_machine_has_points_and_no_law():
    busy = [
        make_measurement(workers=n, suspect=("other processes used 1.0 of 2 processors",)) for n in (1, 2)
    ]
    chart = scaling_plot(busy)
    assert "busy" in chart.get_suptitle()
    assert "peak" not in chart.alt
    assert all(curve.law is None for curve in curves_of(rate_tables(busy), is_busy=True))


def test_a_suspect_point_has_a_question_mark():
    rows = [make_measurement(workers=1), make_measurement(workers=2, suspect=("a worker was preempted",))]
    chart = scaling_plot(rows)
    assert texts_of(chart).count("?") == 1
    assert "suspect: the machine was busy" in legend_of(chart)


def test_a_published_table_is_drawn_on_white_with_nothing_at_the_edge():
    chart = rates_plot(read_rates("animeganv2_14_cores"))
    pixels = pixels_of(chart)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edge == 255).all()
    assert "14 physical cores" in texts_of(chart)


def test_one_number_of_workers_is_a_sentence():
    assert "not drawn" in str(scaling_plot([make_measurement()]))
    assert "not drawn" in str(scaling_plot([]))
