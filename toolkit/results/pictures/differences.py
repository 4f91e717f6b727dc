"""What another way of running the same thing does to the picture: its difference from the reference, enlarged."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from toolkit.core import units
from toolkit.core.errors import invalid
from toolkit.images.image import Image, check
from toolkit.results.pictures.shrunk import shrunk
from toolkit.results.plots.charts import WIDTH_IN, Chart, add_title, fitted, look, new_chart

SHOWN_SIDE_PX = 480
_COLUMNS = 3
_LINE_IN = 0.165


def difference_sheet(
    reference: Image,
    pictures: Mapping[str, Image],
    *,
    gain: float = 16,
    title: str = "Difference from the reference",
) -> Chart:
    """The reference, and of each picture how far it is off, `gain` times as large: black is equal.

    Parameters
    ----------
    reference : Image
        uint8 (H, W, 1 | 3), grey or BGR.
    pictures : mapping of caption to Image
        Of the reference's shape.
    gain : float
        What differences are multiplied by; beyond 255 they are cut.

    Raises
    ------
    InvalidValue
        No pictures; one of another shape; a gain that is not positive.
    """
    if not pictures:
        raise invalid("pictures", "difference_sheet", "at least one picture", "none")
    if not gain > 0:
        raise invalid("gain", "difference_sheet", "a positive number", gain)
    reference = check(reference, "the reference", channels=(1, 3))
    cells = {"the reference": reference}
    for caption, picture in pictures.items():
        off = _difference(reference, check(picture, f"picture {caption!r}", channels=(1, 3)), caption)
        cells[f"{caption}\n{_in_words(off)}"] = np.minimum(255, np.rint(off * gain)).astype(np.uint8)
    rows = math.ceil(len(cells) / _COLUMNS)
    captions = [fitted(text, round(14 * WIDTH_IN / _COLUMNS)) for text in cells]
    lines = max(text.count("\n") + 1 for text in captions)
    cell_in = WIDTH_IN / _COLUMNS
    with look():
        chart = new_chart(0.4 + rows * (cell_in * reference.shape[0] / reference.shape[1] + _LINE_IN * lines))
        grid = chart.subplots(rows, _COLUMNS, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, caption, picture in zip(grid.flat, captions, cells.values(), strict=False):
            axes.imshow(np.asarray(shrunk(picture, SHOWN_SIDE_PX)), interpolation="antialiased")
            axes.set_title(caption, fontsize=9, fontweight="normal", loc="left")
        add_title(chart, f"{title}, x {gain:g}; black is equal")
    named = "; ".join(caption.replace("\n", ", ") for caption in list(cells)[1:])
    chart.alt = f"{title}, {gain:g} times as large: {named}."
    return chart


def _difference(reference: Image, picture: Image, caption: str) -> npt.NDArray[np.float32]:
    if picture.shape != reference.shape:
        raise invalid(
            f"picture {caption!r}", "difference_sheet", f"of shape {reference.shape}", picture.shape
        )
    return np.asarray(np.abs(picture.astype(np.float32) - reference))


def _in_words(off: npt.NDArray[np.float32]) -> str:
    if not off.any():
        return "equal"
    mean = units.number(float(off.mean()), digits=2)
    return f"off by at most {off.max():.0f} of 255\n{mean} on average"
