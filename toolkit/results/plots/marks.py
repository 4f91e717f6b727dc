"""Define colours, markers, dashes, hollow points and hatched bars for all charts."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from toolkit.analysis.stats import Estimate
from toolkit.contracts.measurement import PIPELINE
from toolkit.core.choices import Precision
from toolkit.results.rows.summary import ONCE, Summary

# Okabe and Ito's colour-blind safe palette without yellow, which is hard to see on white; colours that follow each
# other in this tuple differ most.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", ":", "-.")
INK, GREY, PALE = "#444444", "#888888", "#bbbbbb"
"""Colours of reference lines and notes, from dark to light."""

_BACKENDS = ("onnxruntime", "torch", "openvino", "opencv_dnn", "opencv", "numba", "numpy")
_BACKEND_COLORS = dict(zip(_BACKENDS, COLORS, strict=True))
PRECISION_MARKERS: dict[str, str] = dict(zip(Precision, ("o", "s", "^", "D"), strict=True))
PIPELINE_COLORS = dict(zip(PIPELINE, (COLORS[5], COLORS[4], COLORS[0], COLORS[1], COLORS[2]), strict=True))
ONCE_COLORS = dict(zip(ONCE, ("#d9d9d9", COLORS[3], "#969696", "#525252"), strict=True))
RIGHT, WRONG = COLORS[0], COLORS[1]
"""Colours of a right and of a wrong measuring method, in charts that compare the two methods."""

WRONG_TIME = "time to a wrong picture"
"""Text of the legend for a hollow point and for a hatched bar."""
_HATCH = "///"


@dataclass(frozen=True)
class Mark:
    """Colour, marker and dash of one line or group of points.

    Attributes
    ----------
    color, marker, line : str
        Colour, marker and line style, by the names that matplotlib uses.
    """

    color: str
    marker: str = "o"
    line: str = "-"

    def handle(self, label: str, **changes: Any) -> Line2D:
        """Make an entry of a legend; `changes` are properties of its line."""
        look: dict[str, Any] = {"color": self.color, "marker": self.marker, "linestyle": self.line}
        return Line2D([], [], label=label, **{**look, **changes})


def backend_colors(backends: Iterable[str]) -> dict[str, str]:
    """The colour of each backend, sorted by name; backends of the toolkit have the same colour in every chart.

    >>> backend_colors(["torch", "a_plugin", "onnxruntime"])
    {'a_plugin': '#009E73', 'onnxruntime': '#0072B2', 'torch': '#D55E00'}
    """
    names = sorted(set(backends))
    taken = {_BACKEND_COLORS[name] for name in names if name in _BACKEND_COLORS}
    free = itertools.cycle([color for color in COLORS if color not in taken] or COLORS)
    return {name: _BACKEND_COLORS.get(name) or next(free) for name in names}


def colors_of(names: Iterable[str]) -> dict[str, str]:
    """A colour for each name, given in alphabetical order, so that equal sets of names have equal colours."""
    return dict(zip(sorted(set(names)), itertools.cycle(COLORS), strict=False))


def draw_point(
    axes: Axes, x: float | Estimate, y: float | Estimate, mark: Mark, *, is_wrong: bool = False, **look: Any
) -> None:
    """Draw a marker with error bars for intervals of x and y; for a wrong picture, a hollow marker without error bars.

    Parameters
    ----------
    x, y : float or Estimate
        Position of the marker, in the unit of the axis.
    mark : Mark
        Colour and shape of the marker.
    is_wrong : bool
        Whether the picture is wrong.
    **look
        Further properties of the marker, by the names that matplotlib uses.
    """
    at_x, at_y = (value.value if isinstance(value, Estimate) else value for value in (x, y))
    bars: dict[str, Any] = {
        name: [[value.value - value.low], [value.high - value.value]]
        for name, value in (("xerr", x), ("yerr", y))
        if isinstance(value, Estimate) and value.low is not None and value.high is not None
    }
    if bars and not is_wrong:
        axes.errorbar(at_x, at_y, **bars, fmt="none", ecolor=mark.color, elinewidth=1.2, capsize=3)
    look = {"markerfacecolor": "white" if is_wrong else mark.color, "zorder": 3, **look}
    axes.plot(at_x, at_y, marker=mark.marker, color=mark.color, linestyle="none", **look)


def draw_stack(
    axes: Axes,
    y: float,
    parts: Mapping[str, float],
    colors: Mapping[str, str],
    *,
    wrong: Collection[str] = (),
) -> list[BarContainer]:
    """Draw one horizontal bar made of parts, from left to right; the parts named in `wrong` are hatched."""
    bars, left = [], 0.0
    for name, width in parts.items():
        look: dict[str, Any] = {"color": colors[name], "edgecolor": colors[name], "linewidth": 0.5}
        if name in wrong:
            look |= {"color": "white", "hatch": _HATCH}
        bars.append(axes.barh(y, width, left=left, height=0.7, **look))
        left += width
    return bars


def hollow_handles(rows: Iterable[Summary], label: str = WRONG_TIME) -> list[Artist]:
    """The legend's entry for hollow points, if a row has a wrong picture."""
    hollow = Mark(INK, line="").handle(label, markerfacecolor="white")
    return [hollow] if any(s.is_failed for s in rows) else []


def hatched_handles(rows: Iterable[Summary]) -> list[Artist]:
    """The legend's entry for hatched bars, if a row has a wrong picture."""
    hatched = Patch(facecolor="white", edgecolor=INK, hatch=_HATCH, label=WRONG_TIME)
    return [hatched] if any(s.is_failed for s in rows) else []


def color_handles(colors: Mapping[str, str]) -> list[Artist]:
    """The legend's entries for the colours of bars."""
    return [Patch(facecolor=color, label=name) for name, color in colors.items()]
