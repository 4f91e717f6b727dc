"""Speed against quality, drawn: latency on a log axis, better upwards, the rows that nothing beats joined by a step."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from toolkit.contracts.measurement import Measurement
from toolkit.core import units
from toolkit.results.plots.charts import (
    BACKEND_COLORS,
    COLORS,
    PRECISION_MARKERS,
    WRONG,
    Chart,
    add_title,
    fitted,
    log_ticks,
    look,
    new_chart,
)
from toolkit.results.plots.direct_labels import Label, Line, place
from toolkit.results.plots.lines import Style, draw_interval
from toolkit.results.rows.metric_names import AGREEMENT, Metric
from toolkit.results.rows.naming import labels_of, model_of, title_of, way_of
from toolkit.results.rows.pareto import ParetoPoint, needed_db, pareto_points
from toolkit.results.rows.summary import Summary

_LABEL_CHARACTERS = 20
_LARGEST_PT = 18.0
"""Diameter of the marker of the row with the most memory; the area is in proportion to the memory."""
_SMALLEST_PT = 5.0
_LEAST_RANGE = 0.02
"""Of the axis of quality, as a share of the largest: a thousandth of a decibel is no mountain."""
_EQUAL_ABOVE = 0.15
"""Where a picture that equals its reference is drawn: above the others by this share of their range."""


def pareto_plot(measurements: Iterable[Measurement], *, metric: str | None = None) -> Chart:
    """Latency against quality; area: peak memory, colour: backend, shape: precision, step: the Pareto front.

    Of several models a thin line joins the ways of each. Labelled are those on the front, else a model's fastest, the
    wrong ones, and those that colour and shape do not tell; of one model all are. Against agreement, dotted lines are
    what each precision must reach.

    Parameters
    ----------
    measurements : iterable of Measurement
        Answers to one question (the same pictures, the same scale); of several sizes the largest is drawn.
    metric : str, optional
        As `toolkit.results.rows.pareto.pareto_points`: ``"psnr_y_db"``, ``"mad"``, ``"agreement_psnr_db"``, ...
    """
    chosen, points = pareto_points(measurements, metric=metric)
    rows = [p.summary for p in points]
    names = labels_of(rows)
    title = title_of(f"Speed against {'agreement' if chosen is AGREEMENT else 'quality'}", rows)
    scale, unit = units.time_unit(p.latency.value for p in points)
    needed = needed_db(rows) if chosen is AGREEMENT else {}
    heights = _heights(points, needed)
    places = [(p.latency.value / scale, y) for p, y in zip(points, heights, strict=True)]
    diameters_pt = [_diameter_pt(s, rows) for s in rows]
    labelled = _labelled(points)
    with look():
        chart = new_chart(5.4)
        axes = chart.subplots()
        for p, at, diameter_pt in zip(points, places, diameters_pt, strict=True):
            _draw(axes, p, at, scale, diameter_pt)
        steps = _draw_front(axes, [at for p, at in zip(points, places, strict=True) if p.is_on_front])
        joins = _join_models(axes, rows, places)
        _draw_needed(axes, needed)
        _scales(axes, points, heights, scale, chosen)
        axes.set(xlabel=f"latency a picture, {unit} (95 % interval)", ylabel=_axis_text(chosen))
        add_title(chart, title)
        chart.legend(handles=_handles(points, needed), loc="outside lower center", ncols=4, columnspacing=1.2)
        labels = [
            Label(
                x=places[n][0],
                y=places[n][1],
                text=fitted("\n".join(filter(None, names[n])), _LABEL_CHARACTERS),
                radius_pt=diameters_pt[n] / 2,
                is_bold=points[n].is_on_front,
            )
            # What is on the front has the first choice of place.
            for n in sorted(labelled, key=lambda n: not points[n].is_on_front)
        ]
        others = [(*at, diameters_pt[n] / 2) for n, at in enumerate(places) if n not in labelled]
        dotted = [((axes.get_xlim()[0], y), (axes.get_xlim()[1], y)) for y in needed.values()]
        lines = [*steps, *joins, *dotted, *_intervals(points, places, scale)]
        place(chart, axes, labels, points=others, lines=lines)
    chart.alt = f"{title}. " + " ".join(
        f"{' '.join(filter(None, name))}: {units.seconds(p.latency.value)}, {_quality_text(p, chosen)}"
        + f"{', on the Pareto front' if p.is_on_front else ''}{f', {WRONG}' if p.summary.is_failed else ''}."
        for p, name in zip(points, names, strict=True)
    )
    return chart


def _labelled(points: Sequence[ParetoPoint]) -> set[int]:
    """Numbers of the points with a label."""
    rows = [p.summary for p in points]
    models = [model_of(s) for s in rows]
    if len(set(models)) == 1:
        return set(range(len(points)))
    fastest: dict[str, int] = {}
    for n in sorted(range(len(points)), key=lambda n: (not rows[n].is_ok, points[n].latency.value)):
        fastest.setdefault(models[n], n)
    on_front = {n for n, p in enumerate(points) if p.is_on_front}
    alone = {n for model, n in fastest.items() if model not in {models[m] for m in on_front}}
    plain = {n for n, s in enumerate(rows) if s.is_ok and way_of(s) == f"{s.trial.backend} {s.precision}"}
    return on_front | alone | (set(range(len(points))) - plain)


def _heights(points: Sequence[ParetoPoint], needed: Mapping[str, float]) -> list[float]:
    """Where each point is drawn; what equals its reference has no finite place and stands above all others."""
    finite = [p.quality for p in points if math.isfinite(p.quality)] + list(needed.values())
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    above = high + max(_EQUAL_ABOVE * (high - low), _LEAST_RANGE * abs(high))
    return [p.quality if math.isfinite(p.quality) else above for p in points]


def _draw(axes: Axes, p: ParetoPoint, at: tuple[float, float], scale: float, diameter_pt: float) -> None:
    color = _color(p.summary)
    if not p.summary.is_failed:
        style = Style("", color, "o", "-")
        draw_interval(axes, at, p.latency, 1 / scale, style, lies=True)
    axes.plot(
        *at,
        marker=PRECISION_MARKERS.get(p.summary.precision, "o"),
        markersize=diameter_pt,
        color=color,
        markerfacecolor="white" if p.summary.is_failed else color,
        markeredgecolor=color if p.summary.is_failed else "white",
        markeredgewidth=1.6 if p.summary.is_failed else 0.8,
        linestyle="none",
        alpha=0.9,
        zorder=4 + 1 / diameter_pt,  # small ones on top
    )


def _draw_front(axes: Axes, front: Sequence[tuple[float, float]]) -> list[Line]:
    """The best that is to be had for each latency; returns the parts of the step."""
    corners: list[tuple[float, float]] = []
    for x, y in sorted(front):
        if corners:
            corners.append((x, corners[-1][1]))
        corners.append((x, y))
    across, up = [x for x, _ in corners], [y for _, y in corners]
    axes.plot(across, up, color="#444444", linewidth=1.2, linestyle="--", zorder=2)
    return list(itertools.pairwise(corners))


def _join_models(axes: Axes, rows: Sequence[Summary], places: Sequence[tuple[float, float]]) -> list[Line]:
    """A thin line through the ways of each model, of several; returns its parts that are as good as level."""
    level = 0.02 * (max(y for _, y in places) - min(y for _, y in places)) if places else 0.0
    parts: list[Line] = []
    models = [model_of(s) for s in rows]
    for model in set(models) if len(set(models)) > 1 else ():
        ways = [at for at, own in zip(places, models, strict=True) if own == model]
        axes.plot([x for x, _ in ways], [y for _, y in ways], color="#bbbbbb", linewidth=0.9, zorder=1)
        parts += [(a, b) for a, b in itertools.pairwise(ways) if abs(a[1] - b[1]) < level]
    return parts


def _draw_needed(axes: Axes, needed: Mapping[str, float]) -> None:
    """Dotted lines at what each precision must reach, named on the right."""
    if not needed:
        return
    by_db: dict[float, list[str]] = {}
    for precision in PRECISION_MARKERS:
        if precision in needed:
            by_db.setdefault(needed[precision], []).append(precision)
    for least_db in by_db:
        axes.axhline(least_db, color="#888888", linewidth=1.0, linestyle=":", zorder=1)
    right = axes.secondary_yaxis("right")
    right.set_yticks(list(by_db), [f"{', '.join(names)}: {least_db:g}" for least_db, names in by_db.items()])
    right.tick_params(length=0, labelsize=9, labelcolor="#555555")
    right.spines["right"].set_visible(False)


def _intervals(
    points: Sequence[ParetoPoint], places: Sequence[tuple[float, float]], scale: float
) -> list[Line]:
    """The intervals as they are drawn, from end to end."""
    return [
        ((p.latency.low / scale, y), (p.latency.high / scale, y))
        for p, (_, y) in zip(points, places, strict=True)
        if not p.summary.is_failed and p.latency.low is not None and p.latency.high is not None
    ]


def _scales(
    axes: Axes, points: Sequence[ParetoPoint], heights: Sequence[float], scale: float, metric: Metric
) -> None:
    """A log axis of latency with plain numbers; better upwards; a tick for what equals its reference."""
    axes.set_xscale("log")
    ends = _ends(points, scale)
    axes.set_xlim(*ends)
    axes.xaxis.set_major_locator(FixedLocator(log_ticks(*ends)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.10g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(y=0.14)
    finite = [p.quality for p in points if math.isfinite(p.quality)]
    low, high = axes.get_ylim()
    if high - low < (least := _LEAST_RANGE * max(map(abs, finite), default=0.0)):
        axes.set_ylim((low + high - least) / 2, (low + high + least) / 2)
    if len(finite) < len(points):
        limits, equal = axes.get_ylim(), max(heights)
        room = 0.05 * (limits[1] - limits[0])
        ticks = [tick for tick in axes.get_yticks() if limits[0] <= tick < equal - room]
        axes.set_yticks([*ticks, equal], [*(f"{tick:g}" for tick in ticks), "equal"])
        axes.set_ylim(limits)
    if not metric.is_higher_better:
        axes.invert_yaxis()


def _ends(points: Sequence[ParetoPoint], scale: float) -> tuple[float, float]:
    """Of the axis of latency: room for labels, and for intervals as long as they are not wider than the rest."""
    times = [p.latency.value / scale for p in points] or [1.0]
    low = min(((p.latency.low or p.latency.value) / scale for p in points), default=1.0)
    high = max(((p.latency.high or p.latency.value) / scale for p in points), default=1.0)
    first, last = min(times), max(times)
    return min(first / 1.8, max(low / 1.1, first / 4)), max(last * 1.8, min(high * 1.1, last * 4))


def _axis_text(metric: Metric) -> str:
    if metric is AGREEMENT:
        return "agreement with the reference, dB (up: better)"
    return f"{metric.label} ({'up: better' if metric.is_higher_better else 'up: smaller, better'})"


def _quality_text(p: ParetoPoint, metric: Metric) -> str:
    return metric.text(p.quality) if math.isfinite(p.quality) else f"{metric.header} equal"


def _color(s: Summary) -> str:
    return BACKEND_COLORS.get(s.trial.backend, COLORS[-1])


def _diameter_pt(s: Summary, rows: Sequence[Summary]) -> float:
    most = max((row.peak_bytes or 0 for row in rows), default=0)
    if not s.peak_bytes or not most:
        return 8.0
    return max(_SMALLEST_PT, _LARGEST_PT * math.sqrt(s.peak_bytes / most))


def _handles(points: Sequence[ParetoPoint], needed: Mapping[str, float]) -> list[Line2D]:
    """Backends by colour, precisions by shape, two memories by size, the lines, and what hollow means."""
    rows = [p.summary for p in points]
    colors = {s.trial.backend: _color(s) for s in sorted(rows, key=lambda s: s.trial.backend)}
    handles = [_mark("o", 9, color, name) for name, color in colors.items()]
    precisions = [name for name in PRECISION_MARKERS if any(s.precision == name for s in rows)]
    handles += [_mark(PRECISION_MARKERS[name], 8, "#777777", name) for name in precisions]
    sizes = {
        f"peak {units.byte_count(s.peak_bytes)}": _diameter_pt(s, rows)
        for s in sorted((s for s in rows if s.peak_bytes), key=lambda s: s.peak_bytes or 0)
    }
    shown = dict(list(sizes.items())[:: max(1, len(sizes) - 1)])  # the least and the most
    handles += [_mark("o", diameter_pt, "#bbbbbb", name) for name, diameter_pt in shown.items()]
    if any(p.is_on_front for p in points):
        is_line = sum(p.is_on_front for p in points) > 1
        dashes: Any = {"linestyle": "--" if is_line else "none"}
        handles.append(Line2D([], [], color="#444444", lw=1.2, label="Pareto front (bold)", **dashes))
    if needed:
        handles.append(Line2D([], [], color="#888888", linestyle=":", lw=1.0, label="least that agrees"))
    if any(s.is_failed for s in rows):
        handles.append(
            Line2D(
                [], [], marker="o", ms=8, color="#555555", markerfacecolor="white", linestyle="", label=WRONG
            )
        )
    return handles


def _mark(marker: str, diameter_pt: float, color: str, label: str) -> Line2D:
    return Line2D(
        [], [], marker=marker, ms=diameter_pt, color=color, markeredgecolor="white", linestyle="", label=label
    )
