"""Square windows of a picture, and the choice of the most detailed window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import invalid
from toolkit.images.image import Image
from toolkit.images.luma import full_range_luma


@dataclass(frozen=True)
class Window:
    """A square of a picture, px.

    Attributes
    ----------
    left, top, side : int
        Left edge, top edge and side length of the square.
    """

    left: int
    top: int
    side: int

    def cut(self, image: Image) -> Image:
        """The pixels of the picture inside the window."""
        return np.ascontiguousarray(image[self.top : self.top + self.side, self.left : self.left + self.side])


def most_detailed(image: Image, *, side: int) -> Window:
    """Find the square in which neighbouring pixels differ most, on a grid with steps of a quarter of the square's side.

    The measure of detail is the mean absolute difference of luma between neighbouring pixels. The variance as the
    measure would choose a square with a dark half, a bright half and a single edge.

    Parameters
    ----------
    image : Image
        The picture to search, uint8 (H, W, 1 | 3 | 4), grey, BGR or BGRA.
    side : int
        Side of the square, px; a smaller picture gives a smaller square.

    Raises
    ------
    InvalidValue
        `side` is not positive.

    >>> image = np.zeros((40, 60, 1), np.uint8)
    >>> image[20:30:2, 40:50] = 255
    >>> most_detailed(image, side=20)
    Window(left=35, top=10, side=20)
    """
    luma = full_range_luma(image)
    detail = np.zeros_like(luma)
    detail[1:] += np.abs(np.diff(luma, axis=0))
    detail[:, 1:] += np.abs(np.diff(luma, axis=1))
    return densest(detail, side=side)


def densest(values: npt.NDArray[np.generic], *, side: int) -> Window:
    """Find the square with the largest sum of values, on a grid with steps of a quarter of the square's side.

    Parameters
    ----------
    values : ndarray of numbers, shape (H, W)
        A value for each pixel, such as a difference.
    side : int
        Side of the square, px; an array with a shorter side gives a smaller square.

    Raises
    ------
    InvalidValue
        `side` is not positive.
    """
    if side < 1:
        raise invalid("side", "densest", "at least 1 px", side)
    side = min(side, *values.shape)
    tops, lefts = (_starts(length, side) for length in values.shape)
    # Each entry of `corners` is the sum of all values above and left of it; four entries give the sum of a square.
    corners = np.pad(values.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    low, high = corners[tops], corners[tops + side]
    sums = (high[:, lefts + side] - high[:, lefts]) - (low[:, lefts + side] - low[:, lefts])
    row, column = np.unravel_index(int(np.argmax(np.round(sums, 3))), sums.shape)
    return Window(left=int(lefts[column]), top=int(tops[row]), side=side)


def _starts(length: int, side: int) -> npt.NDArray[np.intp]:
    return np.unique(np.append(np.arange(0, length - side + 1, max(1, side // 4)), length - side))
