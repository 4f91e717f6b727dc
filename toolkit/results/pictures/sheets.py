"""Draw pictures in rows and columns, each below its caption: a contact sheet, and functions for other sheets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from toolkit.core.errors import invalid
from toolkit.images.image import Image, check
from toolkit.results.pictures.shrunk import shrunk
from toolkit.results.pictures.windows import Window
from toolkit.results.plots import charts, marks
from toolkit.results.plots.charts import PAGE_IN, Chart

SHOWN_SIDE_PX = 640
_LINE_IN = 0.165
"""Height of one line of a picture's caption, inches."""


def contact_sheet(pictures: Mapping[str, Image], *, columns: int = 3) -> Chart:
    """Draw pictures side by side, each below its caption.

    Parameters
    ----------
    pictures : mapping of caption to Image
        Pictures of any sizes, uint8 (H, W, 1 | 3 | 4), grey, BGR or BGRA; usually the photo and then each style.
    columns : int
        Number of pictures in a row of the sheet, at least 1.

    Raises
    ------
    InvalidValue
        There is no picture, or a picture is no valid `Image`.
    """
    if not pictures:
        raise invalid("pictures", "contact_sheet", "at least one picture", "none")
    chart = sheet_of(pictures.items(), owner="contact_sheet", columns=min(columns, len(pictures)))
    chart.alt = f"{len(pictures)} pictures side by side: {listed(pictures)}."
    return chart


def sheet_of(
    cells: Iterable[tuple[str, Image | None]], *, owner: str, columns: int = 3, title: str = ""
) -> Chart:
    """Draw pictures side by side, each below its caption.

    Parameters
    ----------
    cells : pairs of a caption and an Image or None
        Pictures, uint8 (H, W, 1 | 3 | 4), grey, BGR or BGRA; None leaves the place empty. The longest side of each
        picture is shrunk to `SHOWN_SIDE_PX`; the axes count the px of the unshrunk picture.
    owner : str
        Name of the calling function, for error messages.
    columns : int
        Number of pictures in a row of the sheet, at least 1.
    title : str
        Title above all pictures.

    Raises
    ------
    InvalidValue
        `columns` is less than one, or an array is no valid `Image`.
    """
    if columns < 1:
        raise invalid("columns", owner, "a whole number of at least 1", columns)
    characters = round(0.93 * charts.CHARACTERS_AN_IN * PAGE_IN / columns)
    shown: list[tuple[str, Image | None]] = []
    for caption, image in cells:
        checked = None if image is None else check(image, f"picture {caption!r}", channels=(1, 3, 4))
        shown.append((charts.fitted(caption, characters), checked))
    rows = [shown[start : start + columns] for start in range(0, len(shown), columns)]
    lines = sum(max(caption.count("\n") + 1 for caption, _ in row) for row in rows)
    aspects = [max(image.shape[0] / image.shape[1] for _, image in row if image is not None) for row in rows]
    height_in = 0.95 * PAGE_IN / columns * sum(aspects) + _LINE_IN * lines + 0.1 * len(rows)
    height_in += 0.4 if title else 0.15
    shape: dict[str, Any] = {"nrows": len(rows), "ncols": columns, "squeeze": False, "height_ratios": aspects}
    with charts.drawing(height_in, width_in=PAGE_IN, **shape) as (chart, grid):
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, (caption, image) in zip(grid.flat, shown, strict=False):
            if image is not None:
                _show(axes, image, caption)
        if title:
            charts.add_title(chart, title)
    chart.is_photographic = True
    return chart


def _show(axes: Axes, picture: Image, caption: str) -> None:
    """Draw a picture below its caption, on axes in px of the unshrunk picture."""
    height, width = picture.shape[:2]
    shown = np.asarray(shrunk(picture, SHOWN_SIDE_PX))
    axes.imshow(shown, extent=(0, width, height, 0), interpolation="antialiased")
    axes.set_title(caption, fontsize=9, fontweight="normal", loc="left")


def show_pixels(axes: Axes) -> None:
    """Show each pixel of the picture on these axes as a square."""
    for shown in axes.images:
        shown.set_interpolation("nearest")


def draw_box(axes: Axes, window: Window) -> None:
    """Draw the outline of a window, with a white rim that is visible on dark pictures."""
    for color, width in (("white", 3.0), (marks.COLORS[1], 1.4)):
        corner, side = (window.left, window.top), window.side
        axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=color, linewidth=width))


def listed(captions: Iterable[str]) -> str:
    r"""Join captions to one line, for an alt text.

    >>> listed(["torch fp32\n9 ms", "ground truth"])
    'torch fp32, 9 ms; ground truth'
    """
    return "; ".join(caption.replace("\n", ", ") for caption in captions)
