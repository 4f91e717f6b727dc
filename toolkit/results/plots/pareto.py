"""Plot latency against quality, with the Pareto front as a step line; a higher point is a better picture."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes

from toolkit.core import units
from toolkit.results.plots import charts, marks
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.direct_labels import Label, Line, place
from toolkit.results.plots.marks import GREY, INK, PALE, PRECISION_MARKERS, Mark
from toolkit.results.rows.labels import labels_of, model_of, title_of, way_of
from toolkit.results.rows.pareto import ParetoPoint, are_apart, needed_db, pareto_points
from toolkit.results.rows.quality_metrics import AGREEMENT, Metric
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.summarising import Measured
from toolkit.results.rows.summary import Summary

_LABEL_CHARACTERS = 20
_LARGEST_PT = 18.0
"""Diameter of the marker of the row with the most memory, points; the area is proportional to the memory."""
_SMALLEST_PT, _UNKNOWN_PT = 5.0, 8.0
_LEAST_RANGE = 0.02
"""Smallest range of the quality axis, as a fraction of the largest value, so that tiny differences look small."""
_EQUAL_ABOVE = 0.15
"""Distance from the highest other point to the points of pictures that equal their reference, as a fraction of the
range of the quality axis."""

BUSY = "the machine was busy: no row is ranked"
APART = "not all rows were measured in turns: the machine may have changed between two rows"


@dataclass(frozen=True, kw_only=True)
class _Spot:
    """One measurement in the chart: its marker, its name, and its label with the position in data coordinates."""

    point: ParetoPoint
    mark: Mark
    name: str
    label: Label

    @property
    def summary(self) -> Summary:
        return self.point.summary

    @property
    def at(self) -> tuple[float, float]:
        return self.label.x, self.label.y

    @property
    def diameter_pt(self) -> float:
        return 2 * self.label.radius_pt


def pareto_plot(measurements: Iterable[Measured], *, metric: str | None = None) -> Chart:
    """Plot latency against quality; area: peak memory, colour: backend, shape: precision, step line: Pareto front.

    With one model every row has a label. With several models a thin line joins the rows of each model, and these rows
    have a label: rows on the front, the fastest row of a model without a row on the front, rows with a wrong picture,
    and rows that colour and shape do not identify. If the quality is the agreement with the reference, dotted lines
    show the required value of each precision.

    Parameters
    ----------
    measurements : iterable of Measurement
        Measurements of the same pictures with the same factor of enlargement; only the largest picture size is drawn.
    metric : str, optional
        A metric of `toolkit.results.rows.pareto.pareto_points`: ``"psnr_y_db"``, ``"mad"``, ``"agreement_psnr_db"``.
    """
    chosen, points = pareto_points(measurements, metric=metric)
    rows = [p.summary for p in points]
    title = title_of(f"Speed against {'agreement' if chosen is AGREEMENT else 'quality'}", rows)
    needed = needed_db(rows) if chosen is AGREEMENT else {}
    scale, unit = units.time_unit(p.summary.picture.value for p in points)
    spots = _spots(points, needed, scale)
    handles = _handles(spots, needed)
    with charts.drawing(4.7) as (chart, axes):
        axes.set_xlim(*_ends(points, scale))
        charts.log_axis(axes.xaxis)
        lines = [*_draw_points(axes, spots, scale), *_draw_front(axes, spots), *_join_models(axes, spots)]
        lines += _draw_needed(axes, needed)
        _scale_quality(axes, spots, chosen)
        caution = _caution(points)
        below = f"latency per picture, {unit} (bars: 95 % intervals)"
        axes.set(xlabel=f"{below}\n{caution}" if caution else below, ylabel=_axis_text(chosen))
        charts.add_title(chart, title)
        charts.add_legend(chart, handles)
        # Labels of rows on the Pareto front are placed first, so that they get the best places.
        labels = sorted((spot.label for spot in spots), key=lambda label: not label.is_bold)
        place(chart, axes, labels, lines=lines)
    facts = [_text(spot, chosen) for spot in spots]
    chart.alt = charts.described(title, [*facts, caution] if caution else facts)
    return chart


def _caution(points: Sequence[ParetoPoint]) -> str:
    """A warning about a busy machine or rows not measured in turns; ``""`` if neither applies."""
    if busy_sentence(p.summary for p in points):
        return BUSY
    return APART if are_apart(points) else ""


def _spots(points: Sequence[ParetoPoint], needed: Mapping[str, float], scale: float) -> list[_Spot]:
    rows = [p.summary for p in points]
    finite = [p.quality for p in points if math.isfinite(p.quality)] + list(needed.values())
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    # A picture that equals its reference has an infinite quality, so its point is drawn above all other points.
    equal = high + max(_EQUAL_ABOVE * (high - low), _LEAST_RANGE * abs(high))
    colors = marks.backend_colors(s.trial.backend for s in rows)
    most = max((s.peak_bytes or 0 for s in rows), default=0)
    labelled = _labelled(points)
    spots = []
    for n, (p, name) in enumerate(zip(points, labels_of(rows), strict=True)):
        backend, peak = p.summary.trial.backend, p.summary.peak_bytes
        diameter_pt = max(_SMALLEST_PT, _LARGEST_PT * math.sqrt(peak / most)) if peak else _UNKNOWN_PT
        words = "\n".join(part for part in name if part)
        label = Label(
            x=p.summary.picture.value / scale,
            y=p.quality if math.isfinite(p.quality) else equal,
            text=charts.fitted(words, _LABEL_CHARACTERS) if n in labelled else "",
            radius_pt=diameter_pt / 2,
            is_bold=p.is_on_front,
        )
        mark = Mark(colors[backend], PRECISION_MARKERS.get(p.summary.precision, "o"))
        spots.append(_Spot(point=p, mark=mark, name=words.replace("\n", " "), label=label))
    return spots


def _labelled(points: Sequence[ParetoPoint]) -> set[int]:
    """Indices of the points that get a label."""
    rows = [p.summary for p in points]
    models = [model_of(s) for s in rows]
    if len(set(models)) == 1:
        return set(range(len(points)))
    fastest: dict[str, int] = {}
    for n in sorted(range(len(points)), key=lambda n: (not rows[n].is_ok, rows[n].picture.value)):
        fastest.setdefault(models[n], n)
    on_front = {n for n, p in enumerate(points) if p.is_on_front}
    alone = {n for model, n in fastest.items() if model not in {models[m] for m in on_front}}
    plain = {n for n, s in enumerate(rows) if s.is_ok and way_of(s) == f"{s.trial.backend} {s.precision}"}
    return on_front | alone | (set(range(len(points))) - plain)


def _draw_points(axes: Axes, spots: Sequence[_Spot], scale: float) -> list[Line]:
    """Draw each measurement with the interval of its latency; return the intervals as lines."""
    intervals: list[Line] = []
    for spot in spots:
        wrong, latency, y = spot.summary.is_failed, spot.summary.picture.scaled(1 / scale), spot.label.y
        look: dict[str, Any] = {"markeredgecolor": "white", "markeredgewidth": 0.8}
        if wrong:
            look = {"markeredgecolor": spot.mark.color, "markeredgewidth": 1.6}
        look |= {"markersize": spot.diameter_pt, "zorder": 4 + 1 / spot.diameter_pt}  # small markers on top
        marks.draw_point(axes, latency, y, spot.mark, is_wrong=wrong, alpha=0.9, **look)
        if not wrong and latency.low is not None and latency.high is not None:
            intervals.append(((latency.low, y), (latency.high, y)))
    return intervals


def _draw_front(axes: Axes, spots: Sequence[_Spot]) -> list[Line]:
    """Draw the Pareto front as steps; return the parts of the steps as lines."""
    corners: list[tuple[float, float]] = []
    for x, y in sorted(spot.at for spot in spots if spot.point.is_on_front):
        if corners:
            corners.append((x, corners[-1][1]))
        corners.append((x, y))
    axes.plot([x for x, _ in corners], [y for _, y in corners], "--", color=INK, linewidth=1.2, zorder=2)
    return list(itertools.pairwise(corners))


def _join_models(axes: Axes, spots: Sequence[_Spot]) -> list[Line]:
    """With several models, draw a thin line through the points of each model; return nearly horizontal line parts."""
    heights = [spot.label.y for spot in spots]
    models: dict[str, list[tuple[float, float]]] = {}
    for spot in spots:
        models.setdefault(model_of(spot.summary), []).append(spot.at)
    parts: list[Line] = []
    for ways in models.values() if len(models) > 1 else ():
        axes.plot([x for x, _ in ways], [y for _, y in ways], color=PALE, linewidth=0.9, zorder=1)
        level = 0.02 * (max(heights) - min(heights))
        parts += [(a, b) for a, b in itertools.pairwise(ways) if abs(a[1] - b[1]) < level]
    return parts


def _draw_needed(axes: Axes, needed: Mapping[str, float]) -> list[Line]:
    """Draw a dotted line at the required agreement of each precision, with its name; return the lines."""
    if not needed:
        return []
    by_db = {db: [name for name in PRECISION_MARKERS if needed.get(name) == db] for db in needed.values()}
    for least_db in by_db:
        axes.axhline(least_db, color=GREY, linewidth=1.0, linestyle=":", zorder=1)
    right = axes.secondary_yaxis("right")
    right.set_yticks(list(by_db), [f"{', '.join(names)}: {least_db:g}" for least_db, names in by_db.items()])
    right.tick_params(length=0, labelsize=9, labelcolor=INK)
    right.spines["right"].set_visible(False)
    first, last = axes.get_xlim()
    return [((first, least_db), (last, least_db)) for least_db in by_db]


def _scale_quality(axes: Axes, spots: Sequence[_Spot], metric: Metric) -> None:
    """Scale the quality axis: better values are up, and pictures that equal their reference have a tick."""
    axes.margins(y=0.14)
    finite = [spot.label.y for spot in spots if math.isfinite(spot.point.quality)]
    low, high = axes.get_ylim()
    if high - low < (least := _LEAST_RANGE * max(map(abs, finite), default=0.0)):
        axes.set_ylim((low + high - least) / 2, (low + high + least) / 2)
    if len(finite) < len(spots):
        limits, equal = axes.get_ylim(), max(spot.label.y for spot in spots)
        room = 0.05 * (limits[1] - limits[0])
        ticks = [tick for tick in axes.get_yticks() if limits[0] <= tick < equal - room]
        axes.set_yticks([*ticks, equal], [*(f"{tick:g}" for tick in ticks), "equal"])
        axes.set_ylim(limits)
    if not metric.is_higher_better:
        axes.invert_yaxis()


def _ends(points: Sequence[ParetoPoint], scale: float) -> tuple[float, float]:
    """Ends of the latency axis, with room for labels; the axis cuts off a very wide interval."""
    times = [p.summary.picture.scaled(1 / scale) for p in points]
    first, last = (end((e.value for e in times), default=1.0) for end in (min, max))
    low = min((e.low or e.value for e in times), default=1.0)
    high = max((e.high or e.value for e in times), default=1.0)
    return min(first / 1.8, max(low / 1.1, first / 4)), max(last * 1.8, min(high * 1.1, last * 4))


def _axis_text(metric: Metric) -> str:
    if metric is AGREEMENT:
        return "agreement with the reference, dB (up: better)"
    return f"{metric.label} ({'up: better' if metric.is_higher_better else 'up: smaller and better'})"


def _text(spot: _Spot, metric: Metric) -> str:
    is_equal = math.isinf(spot.point.quality)
    quality = f"{metric.header} equal" if is_equal else metric.text(spot.point.quality)
    text = f"{spot.name}: {units.seconds(spot.summary.picture.value)}, {quality}"
    if spot.point.is_on_front:
        text += ", on the Pareto front"
    return f"{text}, {marks.WRONG_TIME}" if spot.summary.is_failed else text


def _handles(spots: Sequence[_Spot], needed: Mapping[str, float]) -> list[Artist]:
    """Legend: colours of backends, shapes of precisions, sizes for least and most memory, lines, hollow points."""
    dot = {"linestyle": "none", "markeredgecolor": "white"}
    colors = {spot.summary.trial.backend: spot.mark.color for spot in spots}
    handles: list[Artist] = [Mark(colors[name]).handle(name, ms=9, **dot) for name in sorted(colors)]
    precisions = {spot.summary.precision for spot in spots}
    handles += [
        Mark(GREY, marker).handle(name, ms=8, **dot)
        for name, marker in PRECISION_MARKERS.items()
        if name in precisions
    ]
    by_memory = sorted((s.summary.peak_bytes, s.diameter_pt) for s in spots if s.summary.peak_bytes)
    sizes = {f"peak {units.byte_count(peak)}": diameter_pt for peak, diameter_pt in by_memory}
    # The legend shows the smallest and the largest peak memory.
    shown = dict(list(sizes.items())[:: max(1, len(sizes) - 1)])
    handles += [Mark(PALE).handle(name, ms=diameter_pt, **dot) for name, diameter_pt in shown.items()]
    if on_front := sum(spot.point.is_on_front for spot in spots):
        step = Mark(INK, "", "--" if on_front > 1 else "none")
        handles.append(step.handle("bold: on the Pareto front", linewidth=1.2))
    if needed:
        handles.append(Mark(GREY, "", ":").handle("required agreement", linewidth=1.0))
    return handles + marks.hollow_handles(spot.summary for spot in spots)
