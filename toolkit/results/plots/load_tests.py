"""Charts of load tests: latency over time, percentiles of latency, and one percentile against the request rate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from toolkit.analysis.percentiles import percentile
from toolkit.contracts.load_test import Ended, LoadTest, Slo
from toolkit.core import units
from toolkit.results.plots import charts, marks
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.marks import COLORS, GREY, INK, MARKERS, Mark
from toolkit.results.plots.nothing import Nothing
from toolkit.results.rows.load_capacity import capacity_of
from toolkit.results.rows.load_test import latencies_s, load_row

_TICKS = (0.0, 0.5, 0.9, 0.95, 0.99, 0.999)
_PANEL_IN, _FRAME_IN = 1.7, 0.9


def latency_over_time_plot(
    tests: Mapping[str, LoadTest], *, title: str = "Latency over time"
) -> Chart | Nothing:
    """Plot a panel for each load test, with a point for each request at the time when the request was due.

    Parameters
    ----------
    tests : mapping of a name to its LoadTest
        The load tests, each by the name in the title of its panel.
    """
    if not tests:
        return Nothing(title, "no requests were sent")
    height_in = _FRAME_IN + _PANEL_IN * len(tests)
    with charts.drawing(height_in, nrows=len(tests), sharex=True, sharey=True, squeeze=False) as (
        chart,
        panels,
    ):
        for axes, (name, test) in zip(panels[:, 0], tests.items(), strict=True):
            _draw_requests(axes, test)
            axes.set_title(name, loc="left", fontsize=9)
            axes.set_ylabel("latency, ms")
        charts.log_axis(panels[0, 0].yaxis)
        panels[-1, 0].set_xlabel("when the request was due, s")
        charts.add_title(chart, title)
        handles = [
            Mark(COLORS[0], "o", "").handle("answered"),
            Mark(COLORS[4], "|", "").handle("refused (429), at the time of the refusal"),
            Mark(COLORS[1], "x", "").handle("failed, drawn at the top"),
        ]
        charts.add_legend(chart, handles)
    facts = (f"{name}: {_summary(test)}" for name, test in tests.items())
    chart.alt = charts.described(title, facts)
    return chart


def _draw_requests(axes: Axes, test: LoadTest) -> None:
    rows = list(zip(test.scheduled_s, test.ended_s, test.ended, strict=True))
    ok = [(due, 1e3 * (end - due)) for due, end, how in rows if how == Ended.OK]
    refused = [(due, 1e3 * (end - due)) for due, end, how in rows if how == Ended.REFUSED]
    failed = [due for due, end, _ in rows if not math.isfinite(end)]
    top = 2 * max((latency for _, latency in ok), default=1e3)
    looks: list[tuple[list[tuple[float, float]], dict[str, Any]]] = [
        (ok, {"marker": ".", "color": COLORS[0], "s": 14}),
        (refused, {"marker": "|", "color": COLORS[4], "s": 24}),
        ([(due, top) for due in failed], {"marker": "x", "color": COLORS[1], "s": 20}),
    ]
    for points, look in looks:
        if points:
            axes.scatter(*zip(*points, strict=True), linewidths=0.9, alpha=0.8, **look)


def latency_percentiles_plot(
    tests: Mapping[str, LoadTest], *, title: str = "Percentiles of latency"
) -> Chart | Nothing:
    """Plot a curve for each test: the latency within which each share of the requests was answered.

    Failed requests count as infinitely late, so the curve of a test with many failures ends early. Refused
    requests are left out.
    """
    curves = {name: sorted(latencies_s(test)) for name, test in tests.items()}
    if not any(math.isfinite(one[0]) for one in curves.values() if one):
        return Nothing(title, "no request was answered")
    with charts.drawing(3.2) as (chart, axes):
        handles = []
        for number, (name, values) in enumerate(curves.items()):
            mark = Mark(COLORS[number % len(COLORS)], "", marks.LINES[number % len(marks.LINES)])
            shares = [_spread((rank + 0.5) / len(values)) for rank in range(len(values))]
            finite = [(x, 1e3 * y) for x, y in zip(shares, values, strict=True) if math.isfinite(y)]
            if finite:
                axes.plot(*zip(*finite, strict=True), mark.line, color=mark.color)
            handles.append(mark.handle(name))
        charts.log_axis(axes.yaxis)
        axes.set_xticks([_spread(q) for q in _TICKS], ["0", *(f"p{100 * q:g}" for q in _TICKS[1:])])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set(xlabel="share of the requests", ylabel="latency, ms")
        charts.add_title(chart, title)
        charts.add_legend(chart, handles)
    chart.alt = charts.described(title, (f"{name}: {_summary(test)}" for name, test in tests.items()))
    return chart


def rate_latency_plot(
    tests: Mapping[str, Sequence[LoadTest]], slo: Slo, *, title: str = ""
) -> Chart | Nothing:
    """Plot a percentile of latency against the request rate, for each service, with the limit and the capacities.

    Parameters
    ----------
    tests : mapping of a name to LoadTests at several rates
        A test is not drawn if it is invalid, or if so many of its requests failed that the percentile is not known.
    slo : Slo
        The percentile of latency to draw, and the limit of this percentile.
    """
    title = title or f"{slo.name} of latency against the rate"
    valid = {name: [test for test in some if test.is_valid] for name, some in tests.items()}
    points = {name: _points(some, slo) for name, some in valid.items()}
    if not any(points.values()):
        return Nothing(title, "no valid load test was made")
    facts = []
    with charts.drawing(3.4) as (chart, axes):
        handles = []
        for number, (name, own) in enumerate(points.items()):
            mark = Mark(COLORS[number % len(COLORS)], MARKERS[number % len(MARKERS)], "-")
            axes.plot(*zip(*own, strict=True), mark.line, marker=mark.marker, color=mark.color, markersize=4)
            found = capacity_of(tests[name], slo)
            if found.held_per_s is not None:
                axes.axvline(found.held_per_s, color=mark.color, linewidth=0.9, linestyle=":")
            handles.append(mark.handle(name))
            facts.append(f"{name}: capacity {units.number(found.held_per_s)} requests a second")
        axes.axhline(1e3 * slo.limit_s, color=INK, linewidth=1)
        limit = f"limit {units.seconds(slo.limit_s)}"
        left = min(x for own in points.values() for x, _ in own)
        charts.write_beside(axes, limit, (left, 1e3 * slo.limit_s), offset_pt=(0, 7), color=INK)
        charts.log_axis(axes.xaxis)
        charts.log_axis(axes.yaxis)
        axes.set(xlabel="requests a second", ylabel=f"{slo.name} of latency, ms")
        handles.append(Mark(GREY, "", ":").handle("capacity: highest rate at which the limit held"))
        charts.add_title(chart, title)
        charts.add_legend(chart, handles)
    chart.alt = charts.described(f"{title}, {limit}", facts)
    return chart


def _points(tests: Sequence[LoadTest], slo: Slo) -> list[tuple[float, float]]:
    found = sorted((test.rate_per_s, percentile(latencies_s(test), slo.quantile).value) for test in tests)
    return [(rate, 1e3 * value) for rate, value in found if math.isfinite(value)]


def _spread(share: float) -> float:
    """Position of a share of requests on an axis on which 90 %, 99 %, 99.9 % have equal distances."""
    return -math.log10(1 - share)


def _summary(test: LoadTest) -> str:
    row = load_row(test)
    p50, p95 = (units.seconds(row.latency[q].value) for q in (0.5, 0.95))
    return f"p50 {p50}, p95 {p95}, {row.n_refused} refused, {row.n_failed} failed"
