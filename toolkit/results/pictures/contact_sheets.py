"""Pictures beside the numbers: a contact sheet of the styles, and a before/after slider that needs no network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from toolkit.core.errors import invalid
from toolkit.images.image import Image
from toolkit.results.pictures.shrunk import shrunk

if TYPE_CHECKING:
    from toolkit.results.plots.charts import Chart

THUMBNAIL_SIDE_PX = 640


def contact_sheet(pictures: Mapping[str, Image], *, columns: int = 3) -> Chart:
    """Pictures side by side, each under its caption.

    Parameters
    ----------
    pictures : mapping of caption to Image
        uint8 (H, W, 1 | 3 | 4), grey, BGR or BGRA; usually the photo first and then each style. Sizes may differ.
    columns : int
        Pictures in a row, at least 1.

    Raises
    ------
    InvalidValue
        No pictures, or one that breaks the Image contract.
    """
    from toolkit.results.plots.charts import WIDTH_IN, fitted, look, new_chart

    if not pictures:
        raise invalid("pictures", "contact_sheet", "at least one picture", "none")
    if columns < 1:
        raise invalid("columns", "contact_sheet", "a whole number of at least 1", columns)
    shown = {caption: shrunk(image, THUMBNAIL_SIDE_PX) for caption, image in pictures.items()}
    columns = min(columns, len(shown))
    rows = math.ceil(len(shown) / columns)
    cell_in = WIDTH_IN / columns
    tallest = max(picture.height / picture.width for picture in shown.values())
    captions = [fitted(caption, round(12 * cell_in)) for caption in shown]  # characters to the inch
    lines = max(caption.count("\n") + 1 for caption in captions)
    with look():
        chart = new_chart(rows * (cell_in * tallest + 0.14 + 0.16 * lines) + 0.1)
        grid = chart.subplots(rows, columns, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, caption, picture in zip(grid.flat, captions, shown.values(), strict=False):
            axes.imshow(np.asarray(picture), interpolation="antialiased")
            axes.set_title(caption, fontsize=10, fontweight="normal", loc="left")
    named = ", ".join(shown).replace("\n", ", ")
    chart.alt = f"{len(shown)} pictures side by side: {named}."
    return chart
