"""Place labels beside their points so that the labels cover no point, no line and no other label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from toolkit.results.plots.charts import Chart
from toolkit.results.plots.marks import GREY

Line = tuple[tuple[float, float], tuple[float, float]]
"""The two ends of a line, in data coordinates."""
Floats = npt.NDArray[np.float64]

_ANGLES = np.radians((0, 180, 90, 270, 45, 135, 315, 225, 22, 158, 338, 202))
_DISTANCES_PT = np.array((3.0, 10, 18, 28, 40, 56))
_LINE_PT = 4.0
"""Width of the strip along a line that labels do not cover, points: wider than the drawn line."""
_GAP_PT = 1.5
"""Least gap between two labels, points."""
_LED_FROM_PT = 10
"""A label at this distance from its point or farther is joined to the point by a thin line."""


@dataclass(frozen=True, kw_only=True)
class Label:
    """A label and the point that it names.

    Attributes
    ----------
    x, y : float
        Position of the point in data coordinates.
    text : str
        Text of the label; for an empty text no label is written, but other labels do not cover the point.
    radius_pt : float
        Radius of the point's marker, points.
    is_bold : bool
        Whether the text is bold.
    """

    x: float
    y: float
    text: str
    radius_pt: float
    is_bold: bool = False


def place(
    chart: Chart,
    axes: Axes,
    labels: Sequence[Label],
    *,
    lines: Sequence[Line] = (),
    fontsize: float = 9,
) -> None:
    """Put each label, in the order given, where it covers the least of the chart; call `place` after all other drawing.

    The function computes the chart's layout first, because it needs distances in pixels.

    Parameters
    ----------
    lines : sequence of pairs of (x, y)
        Vertical and horizontal lines, in data coordinates, that the labels do not cover.
    """
    chart.draw_without_rendering()
    per_pt = chart.dpi / 72
    marks = _on_paper(axes, [(label.x, label.y) for label in labels])
    radii = np.array([label.radius_pt for label in labels]).reshape(-1, 1) * per_pt
    circles = np.hstack([marks - radii, marks + radii])
    ends = _on_paper(axes, [end for line in lines for end in line]).reshape(-1, 2, 2)
    margin = _LINE_PT / 2 * per_pt
    strokes = np.hstack([ends.min(axis=1) - margin, ends.max(axis=1) + margin])
    placed = np.empty((0, 4))
    for label, mark in zip(labels, marks, strict=True):
        if not label.text:
            continue
        text = _written(axes, label, fontsize)
        box = text.get_window_extent()
        size = np.array([box.width, box.height])
        spots, away_pt = _spots(mark, size, label.radius_pt, per_pt)
        inside = _overlaps(spots, np.array([axes.get_window_extent().extents]))[:, 0]
        struck = (_overlaps(spots, strokes) > 0).sum(axis=1)
        is_nearer_another = (_gaps(spots, marks) < _gaps(spots, mark[None])).any(axis=1)
        crossed = _crossed(mark, spots, np.vstack([circles, strokes])).sum(axis=1)
        # The cost of each place for a label, in units of the label's area; without overlap, the nearest costs least.
        costs = (
            1.0 * struck + 0.3 * is_nearer_another + 0.4 * crossed + 0.004 * np.arange(len(spots))
        ) * size.prod()
        costs += _overlaps(spots, circles).sum(axis=1) + 8 * _overlaps(spots, placed).sum(axis=1)
        costs += 20 * (size.prod() - inside)  # a label that is cut off cannot be read
        best = int(costs.argmin())
        placed = np.vstack([placed, spots[best] + _GAP_PT * per_pt * np.array([-1, -1, 1, 1])])
        text.remove()
        lead: dict[str, Any] = {"arrowstyle": "-", "color": GREY, "linewidth": 0.7, "shrinkB": 0}
        x, y = (_centres(spots[best]) - mark) / per_pt
        _written(axes, label, fontsize, (x, y), arrowprops=lead if away_pt[best] >= _LED_FROM_PT else None)


def _on_paper(axes: Axes, points: Iterable[tuple[float, float]]) -> Floats:
    """Convert points from data coordinates to pixels, shape (n, 2)."""
    return np.asarray(axes.transData.transform(np.array(list(points), dtype=np.float64).reshape(-1, 2)))


def _written(
    axes: Axes, label: Label, fontsize: float, offset_pt: tuple[Any, Any] = (0, 0), **look: Any
) -> Annotation:
    """Draw the label with its centre at an offset from its point."""
    look |= {"ha": "center", "va": "center", "fontsize": fontsize, "linespacing": 1.0, "zorder": 6}
    look["fontweight"] = "bold" if label.is_bold else "normal"
    text = axes.annotate(label.text, (label.x, label.y), xytext=offset_pt, textcoords="offset points", **look)
    text.set_in_layout(False)  # the layout is computed already, and the label must not change the layout
    return text


def _spots(mark: Floats, size: Floats, radius_pt: float, per_pt: float) -> tuple[Floats, Floats]:
    """Possible boxes of a label around its point, the nearest first, and their distances from the marker.

    A box is (left, bottom, right, top) in pixels.
    """
    away_pt, angles = (grid.ravel() for grid in np.meshgrid(_DISTANCES_PT, _ANGLES, indexing="ij"))
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    centres = mark + directions * (radius_pt + away_pt)[:, None] * per_pt + directions.round() * size / 2
    return np.hstack([centres - size / 2, centres + size / 2]), away_pt


def _centres(boxes: Floats) -> Floats:
    return np.asarray((boxes[..., :2] + boxes[..., 2:]) / 2)


def _overlaps(boxes: Floats, others: Floats) -> Floats:
    """Area that each box in `boxes` shares with each box in `others`, shape (boxes, others)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.asarray(np.clip(high - low, 0, None).prod(axis=2))


def _gaps(boxes: Floats, points: Floats) -> Floats:
    """Distance from each label's box to each point; a reader assigns a label to the nearest point."""
    outside = np.maximum(boxes[:, None, :2] - points[None], points[None] - boxes[:, None, 2:])
    return np.asarray(np.hypot(*np.moveaxis(np.clip(outside, 0, None), 2, 0)))


def _crossed(mark: Floats, spots: Floats, others: Floats) -> npt.NDArray[np.bool_]:
    """Whether the line from a point to each possible place of its label crosses each of the other boxes.

    Boxes around the point itself never count: such a box is the marker of the point, or a marker on top of the point.
    """
    way = np.linspace(0, 1, 9)[:, None, None] * (_centres(spots) - mark) + mark
    steps = way[:, :, None]
    is_over = ((steps >= others[:, :2]) & (steps <= others[:, 2:])).all(axis=3).any(axis=0)
    is_around = ((mark >= others[:, :2]) & (mark <= others[:, 2:])).all(axis=1)
    return np.asarray(is_over & ~is_around)
