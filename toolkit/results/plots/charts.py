"""Style, legend, axes, alt text and files of all charts, without pyplot and its global figures."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from toolkit.core import units
from toolkit.core.files import write_whole

WIDTH_IN = 7.0
PAGE_IN = 12.4
"""Width of a report's page in inches; an inch is 100 px."""
DPI = 150
PHOTO_DPI = 120
_LOOK = matplotlib.rc_params_from_file(Path(__file__).with_suffix(".mplstyle"), use_default_template=False)
SMALL_PT = float(_LOOK["legend.fontsize"])
"""Font size of numbers beside points and bars."""
CHARACTERS_AN_IN = 13
"""Number of characters in an inch of a caption with font size 9."""
ON_WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
"""Text properties that draw a white box behind a text."""
_TITLE_CHARACTERS_AN_IN = 10
"""Number of characters in an inch of a bold title."""


class Chart(Figure):
    """A matplotlib Figure with an alt text, for readers who cannot see the figure.

    Attributes
    ----------
    alt : str
        Text that describes the chart; notebooks and pages use it as alt text.
    is_photographic : bool
        Whether the chart shows photos, so that notebooks and pages store the chart as JPEG, a tenth of the size of PNG.
    """

    alt: str = ""
    is_photographic: bool = False

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict[str, bytes], dict[str, dict[str, object]]]:
        width = round(self.get_figwidth() * 100)
        kind = "image/jpeg" if self.is_photographic else "image/png"
        data = self.jpeg() if self.is_photographic else self.png()
        return {kind: data}, {kind: {"alt": self.alt, "width": width}}

    def jpeg(self) -> bytes:
        """The chart as a JPEG, for photos at the page's full width."""
        target = io.BytesIO()
        with look():
            self.savefig(target, format="jpeg", dpi=PHOTO_DPI, pil_kwargs={"quality": 85})
        return target.getvalue()

    def png(self) -> bytes:
        """The chart as a PNG with `DPI` dots per inch."""
        return self._rendered("png", {"Description": self.alt, "Software": None})

    def svg(self) -> bytes:
        """The chart as an SVG; equal numbers give equal bytes."""
        return self._rendered("svg", {"Title": self.alt, "Date": None})

    def _rendered(self, format: str, metadata: dict[str, str | None]) -> bytes:
        target = io.BytesIO()
        with look():
            self.savefig(target, format=format, dpi=DPI, metadata=metadata)
        return target.getvalue()


def save(chart: Chart, folder: str | Path, name: str) -> tuple[Path, Path]:
    """Write ``name.png`` and ``name.svg`` into a folder; existing files are replaced.

    Raises
    ------
    InvalidValue
        A file cannot be written.
    """
    folder = Path(folder)
    return write_whole(folder / f"{name}.png", chart.png()), write_whole(folder / f"{name}.svg", chart.svg())


look = partial(matplotlib.rc_context, _LOOK)
"""A context in which matplotlib draws in the common style of all charts."""


def new_chart(height_in: float, *, width_in: float = WIDTH_IN) -> Chart:
    """Make an empty chart; call `new_chart` inside the context `look`."""
    return Chart(figsize=(width_in, height_in), layout="constrained")


@contextmanager
def drawing(height_in: float, *, width_in: float = WIDTH_IN, **grid: Any) -> Iterator[tuple[Chart, Any]]:
    """A context in which a new chart is drawn in the common style.

    Parameters
    ----------
    height_in : float
        Height of the chart without its legend, inches.
    width_in : float
        Width of the chart, inches.
    **grid
        Parameters of ``Figure.subplots``.

    Yields
    ------
    (Chart, Axes or ndarray of Axes)
        The axes are those that ``Figure.subplots`` returns.
    """
    with look():
        chart = new_chart(height_in, width_in=width_in)
        yield chart, chart.subplots(**grid)


def add_legend(chart: Chart, handles: Sequence[Artist], *, title: str | None = None) -> None:
    """Add a legend below the axes in as many columns as fit, and make the chart taller by the legend's height."""
    look: dict[str, Any] = {"loc": "outside lower left", "columnspacing": 1.4, "title": title}
    for columns in range(min(5, len(handles)), -1, -1):
        legend = chart.legend(handles=handles, ncols=max(1, columns), **look)
        box = legend.get_window_extent()
        if columns <= 1 or box.width < 0.94 * chart.bbox.width:
            break
        legend.remove()
    legend.set_alignment("left")
    chart.set_figheight(chart.get_figheight() + box.height / chart.dpi)


def add_title(chart: Chart, title: str) -> None:
    """Add a bold title across the page; a long title is broken after a comma."""
    whole = ", ".join(part.replace(" ", "\u00a0") for part in title.split(", "))
    lines = textwrap.fill(whole, round(_TITLE_CHARACTERS_AN_IN * chart.get_figwidth())).replace("\u00a0", " ")
    chart.suptitle(lines, x=0.015, ha="left", fontsize=11, fontweight="bold")


def fitted(caption: str, characters: int) -> str:
    """Break a caption at spaces into lines of at most `characters`; a longer word stays whole."""
    fill = partial(textwrap.fill, width=characters, break_on_hyphens=False, break_long_words=False)
    return "\n".join(map(fill, caption.split("\n")))


def size_axis(axis: Axis, sizes: Sequence[float]) -> None:
    """Make a logarithmic axis of megapixels with a tick at each measured size."""
    axis.axes.set_xscale("log")
    shown: list[float] = []
    for size in sorted(set(sizes)):
        if not shown or size / shown[-1] > 1.25:  # closer labels would overlap
            shown.append(size)
    axis.set_ticks(shown, [units.megapixels(size).removesuffix(".0") for size in shown])
    axis.set_minor_locator(NullLocator())
    if len(shown) == 1:
        axis.axes.set_xlim(shown[0] / 2, shown[0] * 2)


def log_axis(axis: Axis) -> None:
    """Make an axis logarithmic, with round numbers as ticks; call `log_axis` after drawing all data."""
    set_scale = axis.axes.set_xscale if isinstance(axis, XAxis) else axis.axes.set_yscale
    set_scale("log")
    ticks = log_ticks(*axis.get_view_interval())
    axis.set_ticks(ticks, [f"{tick:.10g}" for tick in ticks])
    axis.set_minor_locator(NullLocator())


def log_ticks(low: float, high: float) -> list[float]:
    """Four or more round numbers from `low` to `high`, for a logarithmic axis.

    >>> log_ticks(150, 2000), log_ticks(21, 90), log_ticks(600, 608)
    ([200, 500, 1000, 2000], [30, 40, 60, 80], [600, 602, 604, 606, 608])
    """
    for digits in ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 4, 6, 8)):
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [float(f"{digit}e{power}") for power in powers for digit in digits]
        if len(shown := [tick for tick in ticks if low <= tick <= high]) >= 4:
            break
    else:  # a short axis has no four round numbers, so its ticks are linear
        shown = [float(tick) for tick in MaxNLocator(4).tick_values(low, high) if low <= tick <= high]
    return [int(tick) if tick >= 1 and tick.is_integer() else tick for tick in shown]


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Write the names of horizontal rows at y = 0, 1, 2, ..., the first name on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(max(1, len(names)) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")


def write_beside(
    axes: Axes, text: str, at: tuple[float, float], *, offset_pt: tuple[float, float] = (5, 0), **look: Any
) -> None:
    """Write a text on the right of a point, or at another offset from the point."""
    look = {"va": "center", "fontsize": SMALL_PT, **look}
    axes.annotate(text, at, xytext=offset_pt, textcoords="offset points", **look)


def described(subject: str, facts: Iterable[str]) -> str:
    """Make the alt text of a chart: its subject, and each fact as a sentence.

    >>> described("Latency", ["opencv: 9.0 ms", "numba: 3.0 ms"])
    'Latency. opencv: 9.0 ms. numba: 3.0 ms.'
    """
    return " ".join(f"{sentence}." for sentence in (subject, *facts))
