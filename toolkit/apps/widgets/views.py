"""The view of a picture on a page: the whole picture or a region, at the resolution that the page draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image as pillow

from toolkit.images.image import Image
from toolkit.results.pictures.shrunk import Shown, shrunk

Region = tuple[int, int, int, int]
"""A region of a picture: left, top, right, bottom, px."""

_NOT_TOLD = 1 << 30


@dataclass(frozen=True)
class View:
    """The size at which a page draws the whole picture (width, height in px), and the visible region (None: all).

    >>> View((300, 200), (0, 0, 10, 10)).zoom(600)
    0.5
    """

    whole: tuple[int, int] = (_NOT_TOLD, _NOT_TOLD)
    region: Region | None = None

    @property
    def is_told(self) -> bool:
        """Whether a page has sent its drawing size."""
        return self.whole[0] < _NOT_TOLD

    def zoom(self, width: int) -> float:
        """Drawn pixels for each pixel of a picture of this width; at most 1, because more pixels add no detail."""
        return min(1.0, self.whole[0] / width)

    def on(self, full: tuple[int, int], of: tuple[int, int]) -> Region:
        """Convert the visible region from pixels of a picture of size `of` to pixels of a picture of size `full`."""
        if self.region is None:
            return (0, 0, *full)
        (wide, tall), (left, top, right, bottom) = (full[0] / of[0], full[1] / of[1]), self.region
        first = (min(int(left * wide), full[0] - 1), min(int(top * tall), full[1] - 1))
        last = (min(int(np.ceil(right * wide)), full[0]), min(int(np.ceil(bottom * tall)), full[1]))
        return (*first, max(last[0], first[0] + 1), max(last[1], first[1] + 1))


def drawn(
    image: Image, view: View, *, full: tuple[int, int], of: tuple[int, int], at: tuple[int, int] = (0, 0)
) -> tuple[Region, Shown]:
    """The visible region of a picture, and its pixels as the page draws them.

    Parameters
    ----------
    image : Image
        The picture, or the part of it that begins at `at`.
    full, of : (width, height)
        Size of the picture, and size of the picture in whose pixels the page gives the visible region.
    at : (left, top)
        Position of `image` in the whole picture, px.
    """
    left, top, right, bottom = view.on(full, of)
    left, top = max(left, at[0]), max(top, at[1])
    right, bottom = min(right, at[0] + image.shape[1]), min(bottom, at[1] + image.shape[0])
    if left >= right or top >= bottom:  # the page now shows a region outside the rendered part
        left, top, right, bottom = *at, at[0] + image.shape[1], at[1] + image.shape[0]
    part = np.ascontiguousarray(image[top - at[1] : bottom - at[1], left - at[0] : right - at[0]])
    picture, zoom = shrunk(part, max(part.shape[:2])), view.zoom(full[0])
    if zoom < 1:
        whole = (left, top, right, bottom) == (0, 0, *full)
        size = view.whole if whole else (round((right - left) * zoom), round((bottom - top) * zoom))
        target = (min(picture.width, max(1, size[0])), min(picture.height, max(1, size[1])))
        picture = picture.resize(target, pillow.Resampling.LANCZOS, reducing_gap=3.0)
    return (left, top, right, bottom), picture
