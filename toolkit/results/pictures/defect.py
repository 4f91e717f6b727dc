"""A wrong picture beside the right one, where they differ most."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.core import units
from toolkit.core.errors import invalid
from toolkit.images.image import Image
from toolkit.results.plots.charts import WIDTH_IN, Chart, look, new_chart

VISIBLE_LEVELS = 8
"""A difference above so many grey levels of 255 is counted as visible."""


def visible_share(right: Image, wrong: Image) -> float:
    """Share of pixels of which some channel is off by more than `VISIBLE_LEVELS`, 0..1.

    Raises
    ------
    InvalidValue
        The shapes differ.
    """
    return float((_distance(right, wrong) > VISIBLE_LEVELS).mean())


def defect_sheet(
    right: Image, wrong: Image, *, names: tuple[str, str] = ("right", "wrong"), side_px: int = 240
) -> Chart:
    """The whole wrong picture, a map of the difference, and the worst square of both at full resolution.

    Parameters
    ----------
    right, wrong : Image
        uint8 (H, W, 3), BGR, of one shape.
    names : (str, str)
        What the two are called.
    side_px : int
        Side of the square that is shown at full resolution.

    Raises
    ------
    InvalidValue
        The shapes differ.
    """
    distance = _distance(right, wrong)
    top, left = _worst_square(distance, side_px)
    square = (slice(top, top + side_px), slice(left, left + side_px))
    thumbnail = max(1, max(right.shape[:2]) // 800)
    height, width = right.shape[:2]
    with look():
        chart = new_chart(2 * (WIDTH_IN / 2 * height / width + 0.35))
        (whole, spread), (good, bad) = chart.subplots(2, 2)
        whole.imshow(wrong[::thumbnail, ::thumbnail, ::-1], extent=(0, width, height, 0))
        whole.add_patch(_frame(left, top, side_px))
        whole.set_title(f"{names[1]}, whole picture", fontsize=10, fontweight="normal")
        shown = spread.imshow(
            _coarse_maximum(distance, thumbnail), cmap="magma", vmin=0, vmax=64, extent=(0, width, height, 0)
        )
        spread.set_title("largest difference, grey levels", fontsize=10, fontweight="normal")
        chart.colorbar(shown, ax=spread, shrink=0.8, extend="max")
        for axes, picture, name in ((good, right, names[0]), (bad, wrong, names[1])):
            axes.imshow(picture[square][..., ::-1], interpolation="nearest")
            axes.set_title(f"{name}, {side_px} px square at full size", fontsize=10, fontweight="normal")
        for axes in (whole, spread, good, bad):
            axes.set_axis_off()
    share = visible_share(right, wrong)
    chart.alt = (
        f"{names[1]} against {names[0]} at {width} x {height} px: {units.percent(share)} of the pixels are off by more "
        f"than {VISIBLE_LEVELS} grey levels."
    )
    return chart


def _distance(right: Image, wrong: Image) -> npt.NDArray[np.uint8]:
    """Largest difference over the channels of each pixel."""
    if right.shape != wrong.shape:
        raise invalid("wrong", "defect_sheet", f"a picture of shape {right.shape}", wrong.shape)
    return np.where(right > wrong, right - wrong, wrong - right).max(axis=2)  # type: ignore[no-any-return]


def _worst_square(distance: npt.NDArray[np.uint8], side_px: int) -> tuple[int, int]:
    """Top left corner of the square, on a grid of half its side, with the largest sum."""
    height, width = distance.shape
    step = max(1, side_px // 2)
    corners = [
        (top, left)
        for top in range(0, max(1, height - side_px + 1), step)
        for left in range(0, max(1, width - side_px + 1), step)
    ]
    return max(
        corners, key=lambda c: int(distance[c[0] : c[0] + side_px, c[1] : c[1] + side_px].sum(dtype=np.int64))
    )


def _coarse_maximum(distance: npt.NDArray[np.uint8], factor: int) -> npt.NDArray[np.uint8]:
    """Largest value of each `factor` x `factor` cell: thin lines must not vanish in the small picture."""
    height, width = (n - n % factor for n in distance.shape)
    cells = distance[:height, :width].reshape(height // factor, factor, width // factor, factor)
    return cells.max(axis=(1, 3))  # type: ignore[no-any-return]


def _frame(left: int, top: int, side_px: int) -> object:
    from matplotlib.patches import Rectangle

    return Rectangle((left, top), side_px, side_px, fill=False, edgecolor="#D55E00", linewidth=2)
