"""Pictures in rows and columns, each below its caption: what every sheet is made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from toolkit.core.errors import invalid
from toolkit.images.image import Image, check
from toolkit.results.pictures.shrunk import shrunk
from toolkit.results.pictures.windows import Window
from toolkit.results.plots import charts, marks
from toolkit.results.plots.charts import WIDTH_IN, Chart

SHOWN_SIDE_PX = 640
LINE_IN = 0.165
"""Height of a line of a caption."""


def sheet_of(cells: Mapping[str, Image], *, owner: str, columns: int = 3, title: str = "") -> Chart:
    """Pictures side by side, each below its caption.

    Parameters
    ----------
    cells : mapping of caption to Image
        uint8 (H, W, 1 | 3 | 4), grey, BGR or BGRA. Sizes may differ; each is shown at most `SHOWN_SIDE_PX` long, on
        axes in px of the picture itself.
    owner : str
        The function that an error names.
    columns : int
        Pictures in a row, at least 1.
    title : str
        Above all of them.

    Raises
    ------
    InvalidValue
        Fewer than one column; an array that breaks the Image contract.
    """
    if columns < 1:
        raise invalid("columns", owner, "a whole number of at least 1", columns)
    captions = [
        charts.fitted(text, round(0.93 * charts.CHARACTERS_AN_IN * WIDTH_IN / columns)) for text in cells
    ]
    pictures = [check(image, f"picture {text!r}", channels=(1, 3, 4)) for text, image in cells.items()]
    rows = math.ceil(len(cells) / columns)
    of_row = [slice(row * columns, (row + 1) * columns) for row in range(rows)]
    lines = sum(max(text.count("\n") + 1 for text in captions[part]) for part in of_row)
    aspects = [max(picture.shape[0] / picture.shape[1] for picture in pictures[part]) for part in of_row]
    with charts.look():
        height_in = 0.95 * WIDTH_IN / columns * sum(aspects) + LINE_IN * lines + 0.1 * rows
        chart = charts.new_chart(height_in + (0.4 if title else 0.15))
        grid = chart.subplots(rows, columns, squeeze=False, height_ratios=aspects)
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, caption, picture in zip(grid.flat, captions, pictures, strict=False):
            show_picture(axes, picture, caption)
        if title:
            charts.add_title(chart, title)
    return chart


def show_picture(axes: Axes, picture: Image, caption: str) -> None:
    """A picture below its caption, on axes in px of the picture itself."""
    height, width = picture.shape[:2]
    shown = np.asarray(shrunk(picture, SHOWN_SIDE_PX))
    axes.imshow(shown, extent=(0, width, height, 0), interpolation="antialiased")
    axes.set_title(caption, fontsize=9, fontweight="normal", loc="left")


def show_pixels(axes: Axes) -> None:
    """Each pixel of the picture on these axes as a square."""
    for shown in axes.images:
        shown.set_interpolation("nearest")


def draw_box(axes: Axes, window: Window) -> None:
    """The outline of a window; its white rim shows on any ground."""
    for color, width in (("white", 3.0), (marks.COLORS[1], 1.4)):
        corner, side = (window.left, window.top), window.side
        axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=color, linewidth=width))


def listed(captions: Iterable[str]) -> str:
    r"""Captions in one line, for an alt text.

    >>> listed(["torch fp32\n9 ms", "the truth"])
    'torch fp32, 9 ms; the truth'
    """
    return "; ".join(caption.replace("\n", ", ") for caption in captions)
