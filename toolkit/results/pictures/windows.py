"""The part of a picture that is worth a close look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import invalid
from toolkit.images.image import Image


@dataclass(frozen=True)
class Window:
    """A square of a picture, px.

    Attributes
    ----------
    left, top, side : int
    """

    left: int
    top: int
    side: int

    def cut(self, image: Image) -> Image:
        """The square of a picture; the picture may end before it does."""
        return np.ascontiguousarray(image[self.top : self.top + self.side, self.left : self.left + self.side])


def most_detailed(image: Image, *, side: int) -> Window:
    """The square in which neighbouring pixels differ most, on a grid of a quarter of its side.

    The mean absolute difference of luma between neighbours: the plain variance would choose a dark and a bright
    half with one edge between them.

    Parameters
    ----------
    image : Image
        uint8 (H, W, 1 | 3 | 4), grey, BGR or BGRA.
    side : int
        px; a smaller picture gives a smaller square.

    Raises
    ------
    InvalidValue
        `side` is not positive.

    >>> image = np.zeros((40, 60, 1), np.uint8)
    >>> image[20:30:2, 40:50] = 255
    >>> most_detailed(image, side=20)
    Window(left=35, top=10, side=20)
    """
    if side < 1:
        raise invalid("side", "most_detailed", "at least 1 px", side)
    luma = _luma(image)
    side = min(side, *luma.shape)
    step = max(1, side // 4)
    tops, lefts = (_starts(length, side, step) for length in luma.shape)
    detail = np.zeros_like(luma)
    detail[1:] += np.abs(np.diff(luma, axis=0))
    detail[:, 1:] += np.abs(np.diff(luma, axis=1))
    total = np.round(_box_sums(_integral(detail), tops, lefts, side), 3)
    row, column = np.unravel_index(int(np.argmax(total)), total.shape)
    return Window(left=int(lefts[column]), top=int(tops[row]), side=side)


def _luma(image: Image) -> npt.NDArray[np.float64]:
    """ITU-R BT.601 luma of BGR(A), or the one channel of grey; 0..255."""
    if image.shape[2] == 1:
        return image[..., 0].astype(np.float64)
    return np.asarray(image[..., :3] @ np.array([0.114, 0.587, 0.299]))


def _integral(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Sum of all values above and to the left, with a row and a column of zeros before them."""
    return np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))


def _starts(length: int, side: int, step: int) -> npt.NDArray[np.intp]:
    return np.unique(np.append(np.arange(0, length - side + 1, step), length - side))


def _box_sums(
    integral: npt.NDArray[np.float64], tops: npt.NDArray[np.intp], lefts: npt.NDArray[np.intp], side: int
) -> npt.NDArray[np.float64]:
    low, high = np.ix_(tops, lefts), np.ix_(tops + side, lefts + side)
    return (
        integral[high]
        - integral[np.ix_(tops, lefts + side)]
        - integral[np.ix_(tops + side, lefts)]
        + integral[low]
    )
