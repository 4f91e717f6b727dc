"""One comparison, round by round."""

from __future__ import annotations

from types import SimpleNamespace

from toolkit.analysis.stats import geometric_mean
from toolkit.results.plots.charts import new_chart
from toolkit.results.plots.verdicts import draw_rounds

MEDIANS_S = ([0.100, 0.102, 0.099], [0.050, 0.051, 0.049])
REPORT = SimpleNamespace(
    baseline="before",
    candidate="after",
    process_medians_s=MEDIANS_S,
    estimates=tuple(geometric_mean(side) for side in MEDIANS_S),
    outcome="FASTER",
    verdict=SimpleNamespace(ratio=0.4987, is_apart=False),
)


def test_each_process_of_each_side_is_a_point():
    axes = draw_rounds(REPORT)
    assert axes.get_ylabel().endswith(", ms")
    sides = {
        line.get_label(): line.get_ydata().round(6).tolist()
        for line in axes.lines
        if not line.get_label().startswith("_")
    }
    assert sides == {
        "before": [100, 102, 99], "after": [50, 51, 49]
    }  # fmt: skip
    assert "FASTER" in axes.get_title(loc="left") and "0.499" in axes.get_title(loc="left")


def test_both_estimates_have_their_interval_on_the_right():
    axes = draw_rounds(REPORT)
    assert len(axes.containers) == 2
    assert all(bars.get_segments()[0][0][0] > 3 for bars in axes.collections)


def test_it_draws_on_axes_that_are_given():
    axes = new_chart(3.0).subplots()
    assert draw_rounds(REPORT, axes) is axes and axes.lines
