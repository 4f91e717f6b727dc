"""How far pictures are from their reference, pixel by pixel."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from toolkit.core import units
from toolkit.core.errors import invalid
from toolkit.images.image import Image, check
from toolkit.images.similarity import Difference, difference
from toolkit.results.pictures.sheets import listed, sheet_of
from toolkit.results.plots.charts import Chart


def difference_sheet(
    reference: Image,
    pictures: Mapping[str, Image],
    *,
    gain: float = 16,
    title: str = "Difference from the reference",
) -> Chart:
    """The reference, and for each picture its absolute difference from it times `gain`: black is equal.

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
    off = {}
    for caption, picture in pictures.items():
        picture = check(picture, f"picture {caption!r}", channels=(1, 3))
        found = _in_words(difference(reference, picture))
        levels = np.abs(picture.astype(np.float32) - reference)
        off[f"{caption}\n{found}"] = np.minimum(255, np.rint(levels * gain)).astype(np.uint8)
    cells = [("the reference", reference), *off.items()]
    chart = sheet_of(cells, owner="difference_sheet", title=f"{title}, x {gain:g}; black is equal")
    chart.alt = f"{title}, {gain:g} times as large: {listed(off)}."
    return chart


def _in_words(found: Difference) -> str:
    if not found.max_abs:
        return "equal"
    mean = units.number(found.mean_abs, digits=2)
    return f"off by at most {found.max_abs} of 255\n{mean} on average"
