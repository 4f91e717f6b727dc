"""One picture made in several ways, looked at closely: the whole with a box, and the box of each, enlarged."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from toolkit.core.errors import invalid
from toolkit.images.image import Image, check
from toolkit.results.pictures.shrunk import shrunk
from toolkit.results.pictures.windows import Window, most_detailed
from toolkit.results.plots.charts import (
    CHARACTERS_AN_IN,
    WIDTH_IN,
    Chart,
    add_title,
    fitted,
    look,
    new_chart,
)
from toolkit.results.plots.marks import COLORS

CROP_SIDE_PX = 64
WHOLE_SIDE_PX = 640
ENLARGED = "enlarged, bicubic"
_ASPECT_TOLERANCE = 0.02
_LINE_IN = 0.165


def crop_sheet(
    whole: Image,
    pictures: Mapping[str, Image],
    *,
    window: Window | None = None,
    title: str = "A closer look",
    columns: int = 3,
) -> Chart:
    """The whole picture with a box, and the box of every picture, each pixel a square.

    Parameters
    ----------
    whole : Image
        uint8 (H, W, 1 | 3 | 4), grey, BGR or BGRA: the truth, or else the photo.
    pictures : mapping of caption to Image
        Usually the input, each variant and the truth; `captions.caption_of` makes the captions. One of
        another size (the small input of a super-resolution) is brought to that of `whole` by bicubic interpolation,
        and its caption says so.
    window : Window, optional
        In px of `whole`; default: the most detailed square, of an eighth of the shorter side and at
        least `CROP_SIDE_PX`.
    columns : int
        Pictures in a row, at least 1.

    Raises
    ------
    InvalidValue
        No pictures; one that breaks the Image contract or shows another part; a window outside of `whole`.
    """
    if not pictures:
        raise invalid("pictures", "crop_sheet", "at least one picture", "none")
    if columns < 1:
        raise invalid("columns", "crop_sheet", "a whole number of at least 1", columns)
    whole = check(whole, "the whole picture", channels=(1, 3, 4))
    is_chosen = window is None
    window = window or most_detailed(whole, side=max(CROP_SIDE_PX, min(whole.shape[:2]) // 8))
    _check_window(window, whole)
    crops = dict(_crop(caption, image, whole, window) for caption, image in pictures.items())
    where = f"{window.side} px at ({window.left}, {window.top})"
    box = (
        f"the whole, {whole.shape[1]} x {whole.shape[0]} px;\nbox: {where}"
        + ",\nthe most detailed" * is_chosen
    )
    captions = [fitted(text, round(CHARACTERS_AN_IN * 0.93 * WIDTH_IN / columns)) for text in (box, *crops)]
    rows = math.ceil(len(captions) / columns)
    heights = [text.count("\n") + 1 for text in captions]
    lines = sum(max(heights[row * columns : (row + 1) * columns]) for row in range(rows))
    with look():
        chart = new_chart(0.4 + rows * 0.95 * WIDTH_IN / columns + _LINE_IN * lines)
        grid = chart.subplots(rows, columns, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        first, *others = grid.flat
        _show_whole(first, whole, window)
        first.set_anchor("N")
        for axes, crop in zip(others, crops.values(), strict=False):
            axes.imshow(np.asarray(shrunk(crop, WHOLE_SIDE_PX)), interpolation="nearest")
        for axes, text in zip(grid.flat, captions, strict=False):
            axes.set_title(text, fontsize=9, fontweight="normal", loc="left")
        add_title(chart, title)
    named = "; ".join(caption.replace("\n", ", ") for caption in crops)
    chart.alt = f"{title}: the square of {where}, of {len(crops)} pictures, enlarged: {named}."
    return chart


def brought_to(image: Image, *, height: int, width: int) -> Image:
    """The picture at another size, by bicubic interpolation."""
    from PIL import Image as pillow

    planes = [
        np.asarray(
            pillow.fromarray(np.ascontiguousarray(plane)).resize((width, height), pillow.Resampling.BICUBIC)
        )
        for plane in np.moveaxis(image, 2, 0)
    ]
    return np.ascontiguousarray(np.stack(planes, axis=2))


def _crop(caption: str, image: Image, whole: Image, window: Window) -> tuple[str, Image]:
    """The caption and the square of one picture."""
    image = check(image, f"picture {caption!r}", channels=(1, 3, 4))
    (height, width), (own_height, own_width) = whole.shape[:2], image.shape[:2]
    if (own_height, own_width) == (height, width):
        return caption, window.cut(image)
    if abs(own_width * height / (own_height * width) - 1) > _ASPECT_TOLERANCE:
        constraint = f"the same scene, shaped as {width} x {height} px"
        raise invalid("pictures", "crop_sheet", constraint, f"{own_width} x {own_height} px ({caption})")
    return f"{caption} ({ENLARGED})", window.cut(brought_to(image, height=height, width=width))


def _check_window(window: Window, whole: Image) -> None:
    height, width = whole.shape[:2]
    inside = 0 <= window.left <= width - window.side and 0 <= window.top <= height - window.side
    if window.side < 1 or not inside:
        raise invalid("window", "crop_sheet", f"a square within {width} x {height} px", window)


def _show_whole(axes: Axes, whole: Image, window: Window) -> None:
    height, width = whole.shape[:2]
    small = np.asarray(shrunk(whole, WHOLE_SIDE_PX))
    axes.imshow(small, extent=(0, width, height, 0), interpolation="antialiased")
    for color, line in (("white", 3.0), (COLORS[1], 1.4)):  # the white rim shows on any ground
        axes.add_patch(
            Rectangle(
                (window.left, window.top),
                window.side,
                window.side,
                fill=False,
                edgecolor=color,
                linewidth=line,
            )
        )
