"""Latency of every operation on every backend, and how many times faster than the baseline that is."""

from __future__ import annotations

from tests.results.drawn import has_white_edges, legend_of
from tests.results.factory import make_measurement, too_large
from toolkit.results.plots.backends import backend_plot


def rows_of(*backends, threads=(1, 2), **given):
    return [
        make_measurement(backend=name, threads=count, latency_s=0.4 / (n + 1) / count, jitter=1e-6, **given)
        for n, name in enumerate(backends)
        for count in threads
    ]


def test_the_ratio_is_that_of_equal_threads():
    chart = backend_plot(rows_of("opencv", "numba"))
    assert [text.get_text() for text in chart.axes[0].texts] == ["x 2.00", "x 2.00"]
    assert legend_of(chart)[0] == "opencv, 1 thread" and len(legend_of(chart)) == 4
    assert "stylization on numba, 2 threads: 100 ms." in chart.alt
    assert has_white_edges(chart)


def test_colour_is_the_backend_and_shape_the_threads():
    handles = backend_plot(rows_of("opencv", "numba")).legends[0].legend_handles
    assert (
        len({handle.get_color() for handle in handles})
        == len({handle.get_marker() for handle in handles})
        == 2
    )


def test_a_ratio_to_a_wrong_picture_says_so():
    chart = backend_plot([too_large(12.2), make_measurement(megapixels=12.2, backend="numba")])
    assert "wrong picture" in chart.axes[0].texts[0].get_text()
    assert "time to a wrong picture" in legend_of(chart)


def test_of_several_sizes_the_largest_is_drawn():
    chart = backend_plot([*rows_of("opencv", megapixels=1), *rows_of("numba", megapixels=4)])
    assert "4.0 MP" in chart.axes[0].get_title(loc="left") and "opencv," not in chart.alt


def test_nothing_is_ranked_on_a_busy_machine_and_no_difference_is_said_as_such():
    busy = rows_of("opencv", "numba", suspect=("other processes used 1.5 of 2 processors",))
    chart = backend_plot(busy)
    assert not chart.axes[0].texts and "faster" not in chart.axes[0].get_xlabel()
    same = [make_measurement(backend=name, latency_s=0.2, jitter=0.05) for name in ("opencv", "numba")]
    assert [text.get_text() for text in backend_plot(same).axes[0].texts] == ["no difference seen"]
