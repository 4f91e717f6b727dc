"""Show the difference of pictures from their reference for each pixel, and where a wrong picture differs most."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from toolkit.core import units
from toolkit.core.errors import invalid
from toolkit.images.image import Image, check
from toolkit.images.similarity import Difference, difference
from toolkit.results.pictures.sheets import draw_box, listed, sheet_of, show_pixels
from toolkit.results.pictures.windows import densest
from toolkit.results.plots import charts
from toolkit.results.plots.charts import Chart

VISIBLE_LEVELS = 8
"""Differences of more grey levels (of 255) count as visible."""
_BRIGHTEST_LEVELS = 64
"""Difference, in grey levels, from which on a map of differences shows the brightest colour."""


def difference_sheet(
    reference: Image,
    pictures: Mapping[str, Image],
    *,
    gain: float = 16,
    title: str = "Difference from the reference",
) -> Chart:
    """Show the reference, and for each picture its absolute difference from the reference times `gain`.

    Parameters
    ----------
    reference : Image
        The reference picture, uint8 (H, W, 1 | 3), grey or BGR.
    pictures : mapping of caption to Image
        Pictures to compare with the reference, of the same shape as the reference.
    gain : float
        Factor of the differences; results above 255 become 255.

    Raises
    ------
    InvalidValue
        There is no picture, a picture has another shape than the reference, or `gain` is not positive.
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


def defect_sheet(
    right: Image, wrong: Image, *, names: tuple[str, str] = ("right", "wrong"), side_px: int = 240
) -> Chart:
    """Show the whole wrong picture, a map of its errors, and the worst square of both pictures at full resolution.

    Parameters
    ----------
    right, wrong : Image
        The right and the wrong picture, uint8 (H, W, 3), BGR, of one shape.
    names : (str, str)
        Names of the two pictures.
    side_px : int
        Side of the square that is shown at full resolution.

    Raises
    ------
    InvalidValue
        The shapes of the two pictures differ.
    """
    distance = _distance(right, wrong)
    worst = densest(distance, side=side_px)
    good, bad = names
    cells = [
        (f"{bad}, whole picture", wrong),
        ("largest difference, grey levels", distance[..., None]),
        (f"{good}, {worst.side} px square at full size", worst.cut(right)),
        (f"{bad}, {worst.side} px square at full size", worst.cut(wrong)),
    ]
    chart = sheet_of(cells, owner="defect_sheet", columns=2)
    whole, spread, *squares = chart.axes
    draw_box(whole, worst)
    for axes in squares:
        show_pixels(axes)
    height, width = distance.shape
    with charts.look():
        levels = _coarse_maximum(distance, max(1, max(height, width) // 800))
        spread.images[0].set(data=levels, cmap="magma", clim=(0, _BRIGHTEST_LEVELS))
        chart.colorbar(spread.images[0], ax=spread, shrink=0.8, extend="max")
    share = units.percent(float((distance > VISIBLE_LEVELS).mean()))
    chart.alt = (
        f"{bad} compared with {good} at {width} x {height} px: {share} of the pixels differ by more "
        f"than {VISIBLE_LEVELS} grey levels."
    )
    return chart


def _in_words(found: Difference) -> str:
    if not found.max_abs:
        return "equal"
    mean = units.number(found.mean_abs, digits=2)
    return f"differs by at most {found.max_abs} of 255\n{mean} on average"


def _distance(right: Image, wrong: Image) -> npt.NDArray[np.uint8]:
    """Largest difference over the channels of each pixel, grey levels (H, W)."""
    if right.shape != wrong.shape:
        constraint = f"a picture of the same shape as the right picture, {right.shape}"
        raise invalid("wrong", "defect_sheet", constraint, wrong.shape)
    return np.asarray(np.where(right > wrong, right - wrong, wrong - right).max(axis=2))


def _coarse_maximum(distance: npt.NDArray[np.uint8], factor: int) -> npt.NDArray[np.uint8]:
    """Largest value of each square of `factor` x `factor` px, so that thin lines do not vanish in the small picture."""
    height, width = (n - n % factor for n in distance.shape)
    cells = distance[:height, :width].reshape(height // factor, factor, width // factor, factor)
    return np.asarray(cells.max(axis=(1, 3)))
