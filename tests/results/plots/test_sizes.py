"""What a reader can take from latency, memory and throughput, and what must never be in them."""

from __future__ import annotations

from functools import partial

import pytest

from tests.results.drawn import legend_of
from tests.results.factory import PER_MP_S, four_styles, make_measurement
from toolkit.results.plots import share_plot
from toolkit.results.plots.sizes import latency_plot, memory_plot, workers_plot


@pytest.mark.parametrize(
    "draw", [latency_plot, memory_plot, workers_plot, partial(share_plot, styles=tuple(PER_MP_S))]
)
def test_nothing_measured_is_a_sentence_and_not_a_crash(draw):
    skipped = make_measurement(backend="torch", status="skipped", cause="unavailable", note="not here")
    for measurements in ([], [skipped]):
        assert "not drawn" in str(draw(measurements))


def test_axes_carry_units():
    axes = latency_plot(four_styles(workers=(1,))).axes[0]
    assert axes.get_xlabel().endswith(", MP") and axes.get_ylabel() == "latency, s"
    assert axes.get_xscale() == axes.get_yscale() == "log"
    ticks = [text.get_text() for text in axes.get_xticklabels()]
    assert ticks == ["0.5", "1", "2", "4", "12.2"]
    left, right = workers_plot(four_styles()).axes
    assert left.get_ylabel() == "throughput, images/s" and right.get_ylabel() == "parallel efficiency, %"
    assert memory_plot(four_styles()).axes[0].get_ylabel() == "peak memory, MB"


def test_the_legend_gives_the_exponent_and_its_band():
    legend = legend_of(latency_plot(four_styles(workers=(1,))))
    assert any(entry.startswith("oil_painting: 1.0") and "[1.0" in entry for entry in legend)


def test_three_sizes_are_no_fit():
    chart = latency_plot([make_measurement(megapixels=size) for size in (0.5, 1, 2)])
    assert legend_of(chart) == ["stylization: n/a"]
    assert "exponent" in chart.alt and "n/a" in chart.alt


def test_a_busy_machine_gives_times_but_neither_exponents_nor_efficiencies():
    doubt = ("other processes used 1.5 of 2 processors",)
    busy = [
        make_measurement(megapixels=size, workers=workers, suspect=doubt)
        for size in (0.5, 1, 2, 4)
        for workers in (1, 2)
    ]
    assert all("n/a" in entry for entry in legend_of(latency_plot(busy)) if entry.startswith("stylization"))
    chart = workers_plot(busy)
    assert "%)" not in chart.alt and "busy" in chart.axes[1].get_ylabel()
    assert not any(line.get_marker() == "o" for line in chart.axes[1].lines)


def test_workers_are_shown_at_the_largest_size_that_is_right():
    chart = workers_plot(four_styles(megapixels=(1, 4, 12.2), workers=(1, 2)))
    assert "4.0 MP" in chart.get_suptitle()
    assert "2 workers" in chart.alt and "(89 %)" in chart.alt
    assert "12.2 MP" in workers_plot(four_styles(), megapixels=12.2).get_suptitle()
