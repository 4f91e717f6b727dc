"""Load tests are drawn with what failed, and nothing is drawn of nothing."""

from __future__ import annotations

import math
from dataclasses import replace

from toolkit.contracts.load_test import Slo
from toolkit.results import plots, tables
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.nothing import Nothing
from toolkit.results.rows.load_test import example_test


def test_latency_over_time_has_a_mark_for_each_way_to_end() -> None:
    chart = plots.latency_over_time_plot({"ours": example_test(), "theirs": example_test()})
    assert isinstance(chart, Chart) and "1 refused, 1 failed" in chart.alt
    assert len(chart.axes) == 2 and all(len(axes.collections) == 3 for axes in chart.axes)


def test_the_rate_plot_shows_limit_and_capacity() -> None:
    tests = [replace(example_test(), rate_per_s=rate) for rate in (1.0, 2.0, 4.0)]
    chart = plots.rate_latency_plot({"ours": tests}, Slo(0.5, 0.3))
    assert isinstance(chart, Chart) and "capacity" in chart.alt and "limit 300 ms" in chart.alt


def test_a_curve_of_percentiles_ends_where_requests_failed() -> None:
    chart = plots.latency_percentiles_plot({"ours": example_test()})
    assert isinstance(chart, Chart)
    (line, *_) = chart.axes[0].lines
    assert len(line.get_xdata()) == 2


def test_nothing_is_drawn_where_nothing_was_answered() -> None:
    lost = replace(example_test(), ended=("HTTP 500",) * 4, ended_s=(math.inf,) * 4)
    assert isinstance(plots.latency_percentiles_plot({"ours": lost}), Nothing)
    assert isinstance(plots.rate_latency_plot({"ours": [lost]}, Slo(0.5, 1.0)), Nothing)
    assert isinstance(plots.latency_over_time_plot({}), Nothing)
    assert isinstance(plots.latency_over_time_plot({"ours": lost}), Chart)


def test_the_table_strikes_out_latencies_of_an_invalid_test() -> None:
    table = tables.load_table([replace(example_test(), bottleneck="the sender was late.")], names=["ours"])
    assert "INVALID" in str(table) and "<s " in table.html() and table.frame["service"].tolist() == ["ours"]
