"""Labels beside the points they name, where they cover no point, no line and not each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from toolkit.results.plots.charts import Chart

_ANGLES = (0, 180, 90, 270, 45, 135, 315, 225, 22, 158, 338, 202)
_DISTANCES_PT = (3, 10, 18, 28, 40, 56)
_LINE_PT = 4.0
"""Width that a line is taken to cover: more than its ink, so that a text does not touch it."""

Line = tuple[tuple[float, float], tuple[float, float]]
_GAP_PT = 1.5
"""Between two labels."""
_LED_FROM_PT = 10
"""From this distance on a thin line leads from the point to its label."""


@dataclass(frozen=True, kw_only=True)
class Label:
    """A text at a point.

    Attributes
    ----------
    x, y : float
        In data.
    text : str
    radius_pt : float
        Of the point's marker.
    is_bold : bool
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
    points: Sequence[tuple[float, float, float]] = (),
    lines: Sequence[Line] = (),
    fontsize: float = 9,
) -> None:
    """Put each label where it covers least, in the order given; call it when all else is drawn.

    The chart's layout is worked out first, so that distances on paper are known.

    Parameters
    ----------
    points : sequence of (x, y, radius)
        Points without a label that the labels keep clear of; in data, the radius in points.
    lines : sequence of pairs of (x, y)
        In data: ends of upright and level lines that the labels keep clear of.
    """
    chart.draw_without_rendering()
    per_pt = chart.dpi / 72
    plane = axes.get_window_extent()
    middles = [axes.transData.transform((label.x, label.y)) for label in labels]
    every = [*((at.x, at.y, at.radius_pt) for at in labels), *points]
    marks = [axes.transData.transform((x, y)) for x, y, _ in every]
    covered = [
        _around(mark, mark, radius_pt * per_pt) for mark, (*_, radius_pt) in zip(marks, every, strict=True)
    ]
    ends = [[axes.transData.transform(end) for end in line] for line in lines]
    drawn = [_around(a, b, _LINE_PT / 2 * per_pt) for a, b in ends]
    taken: list[Bbox] = []
    for label, middle in zip(labels, middles, strict=True):
        width, height = _extent(axes, label, fontsize)
        spots = [
            _spot(middle, angle, (label.radius_pt + away) * per_pt, width, height)
            for away in _DISTANCES_PT
            for angle in _ANGLES
        ]
        costs = [
            sum(_overlap(spot, box) for box in covered)
            + 0.5 * width * height * sum(_overlap(spot, box) > 0 for box in drawn)  # struck through
            + 3 * sum(_overlap(spot, box) for box in taken)
            + 20 * (width * height - _overlap(spot, plane))  # what is cut off cannot be read
            + 0.3 * width * height * any(_gap(spot, mark) < _gap(spot, middle) for mark in marks)
            + 0.4 * width * height * sum(_passes(middle, spot, box) for box in [*covered, *drawn])
            + 0.004 * width * height * number  # among free places the nearest
            for number, spot in enumerate(spots)
        ]
        best = spots[costs.index(min(costs))]
        away_pt = _DISTANCES_PT[costs.index(min(costs)) // len(_ANGLES)]
        taken.append(best.padded(_GAP_PT * per_pt))
        centre = ((best.x0 + best.x1) / 2, (best.y0 + best.y1) / 2)
        lead: dict[str, Any] = {"arrowstyle": "-", "color": "#777777", "linewidth": 0.7, "shrinkB": 0}
        text = axes.annotate(
            label.text,
            (label.x, label.y),
            xytext=((centre[0] - middle[0]) / per_pt, (centre[1] - middle[1]) / per_pt),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=fontsize,
            fontweight="bold" if label.is_bold else "normal",
            linespacing=1.0,
            arrowprops=lead if away_pt >= _LED_FROM_PT else None,
            zorder=6,
        )
        text.set_in_layout(False)  # what is placed must not move what it was placed by


def _extent(axes: Axes, label: Label, fontsize: float) -> tuple[float, float]:
    """Width and height of the text in pixels."""
    weight = "bold" if label.is_bold else "normal"
    probe = axes.annotate(
        label.text, (label.x, label.y), fontsize=fontsize, fontweight=weight, linespacing=1.0
    )
    box = probe.get_window_extent()
    probe.remove()
    return box.width, box.height


def _spot(middle: Any, angle: float, distance: float, width: float, height: float) -> Bbox:
    """The text's box with its nearest edge at `distance` in the direction of `angle`, degrees."""
    across, up = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    x = middle[0] + across * distance + round(across) * width / 2
    y = middle[1] + up * distance + round(up) * height / 2
    return Bbox.from_bounds(x - width / 2, y - height / 2, width, height)


def _around(a: Any, b: Any, margin: float) -> Bbox:
    """The box of two corners, widened on every side."""
    (x0, x1), (y0, y1) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    return Bbox.from_extents(x0 - margin, y0 - margin, x1 + margin, y1 + margin)


def _passes(middle: Any, spot: Bbox, box: Bbox) -> bool:
    """Whether the way from a point to its label leads over another's marker."""
    if box.x0 <= middle[0] <= box.x1 and box.y0 <= middle[1] <= box.y1:
        return False  # its own marker, or one that lies on top of it
    to = ((spot.x0 + spot.x1) / 2, (spot.y0 + spot.y1) / 2)
    steps = [
        (middle[0] + n / 8 * (to[0] - middle[0]), middle[1] + n / 8 * (to[1] - middle[1])) for n in range(9)
    ]
    return any(box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1 for x, y in steps)


def _gap(box: Bbox, point: Any) -> float:
    """From the edge of a label to a point: it is read as the name of the nearest."""
    across = max(box.x0 - point[0], 0.0, point[0] - box.x1)
    up = max(box.y0 - point[1], 0.0, point[1] - box.y1)
    return math.hypot(across, up)


def _overlap(a: Bbox, b: Bbox) -> float:
    width = float(min(a.x1, b.x1) - max(a.x0, b.x0))
    height = float(min(a.y1, b.y1) - max(a.y0, b.y0))
    return max(0.0, width) * max(0.0, height)
