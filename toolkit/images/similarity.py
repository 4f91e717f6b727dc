"""Similarity of two pictures: largest and mean difference, PSNR, SSIM."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from toolkit.core.errors import InvalidValue
from toolkit.images.image import Image
from toolkit.images.luma import Plane, full_range_luma

_BORDER = 5  # half of SSIM's window, px
_STRIP_ROWS = 512  # rows compared at a time: float64 differences of 100 MP at once would need gigabytes


@dataclass(frozen=True)
class Difference:
    """Differences between the values of two uint8 pictures.

    Attributes
    ----------
    max_abs : int
        Largest absolute difference in levels, 0..255.
    mean_abs, mean_square : float
        Mean absolute difference in levels, and mean squared difference.
    beyond_share : float
        Share of values, 0..1, that differ by more than a given number of levels.
    """

    max_abs: int
    mean_abs: float
    mean_square: float
    beyond_share: float

    @property
    def psnr_db(self) -> float | None:
        """Peak signal-to-noise ratio, dB; None for identical pictures."""
        return None if self.mean_square == 0 else 10 * math.log10(255**2 / self.mean_square)


def difference(a: Image, b: Image, *, levels: int = 0) -> Difference:
    """Compare two pictures of the same shape; `Difference.beyond_share` counts differences above `levels`.

    Raises
    ------
    InvalidValue
        The shapes of the two pictures differ.

    >>> import numpy as np
    >>> difference(np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 3, np.uint8)).max_abs
    3
    """
    check_same_shape(a, b)
    largest, total, squares, beyond = 0, 0, 0, 0
    for top in range(0, a.shape[0], _STRIP_ROWS):
        one, other = a[top : top + _STRIP_ROWS], b[top : top + _STRIP_ROWS]
        # The histogram of the 256 possible differences is enough to compute all results exactly.
        counts = np.bincount(np.where(one > other, one - other, other - one).ravel(), minlength=256)
        steps = np.arange(256)
        largest = max(largest, int(steps[counts > 0][-1]))
        total += int(counts @ steps)
        squares += int(counts @ steps**2)
        beyond += int(counts[levels + 1 :].sum())
    return Difference(largest, total / a.size, squares / a.size, beyond / a.size)


def ssim(a: Image, b: Image, *, luma: Callable[[Image], Plane] = full_range_luma) -> float:
    """Structural similarity of the luma, -1..1 (Wang, Bovik, Sheikh & Simoncelli 2004).

    SSIM is computed with a Gaussian window of 11 x 11 px and sigma 1.5, K1 = 0.01, K2 = 0.03, population statistics,
    mean over the picture without a border of 5 px (``skimage.metrics.structural_similarity`` with
    ``gaussian_weights=True, use_sample_covariance=False`` on the same luma). A picture with a side of less than 11 px
    is smaller than the window: the statistics of the whole picture are used.
    """
    check_same_shape(a, b)
    height, width = a.shape[:2]
    if min(height, width) < 2 * _BORDER + 1:
        x, y = luma(a).astype(np.float64), luma(b).astype(np.float64)
        cov = ((x - x.mean()) * (y - y.mean())).mean()
        return float(_ssim_map(x.mean(), y.mean(), x.var(), y.var(), cov))
    total, count = 0.0, 0
    for top in range(_BORDER, height - _BORDER, _STRIP_ROWS):
        rows = slice(top - _BORDER, min(top + _STRIP_ROWS, height - _BORDER) + _BORDER)
        inside = _ssim_strip(luma(a[rows]), luma(b[rows]))
        total += float(inside.sum(dtype=np.float64))
        count += inside.size
    return total / count


def _ssim_strip(x: Plane, y: Plane) -> Plane:
    """SSIM at every pixel whose window of 11 x 11 px lies inside a strip of the two pictures."""
    mean_x, mean_y = _blur(x), _blur(y)
    var_x, var_y = _blur(x * x) - mean_x**2, _blur(y * y) - mean_y**2
    cov = _blur(x * y) - mean_x * mean_y
    every: Plane = _ssim_map(mean_x, mean_y, var_x, var_y, cov)
    return every[_BORDER:-_BORDER, _BORDER:-_BORDER]


def _blur(values: Plane) -> Plane:
    import cv2

    return np.asarray(cv2.GaussianBlur(values, (2 * _BORDER + 1,) * 2, 1.5), np.float32)


def _ssim_map(mean_x: Any, mean_y: Any, var_x: Any, var_y: Any, cov: Any) -> Any:
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * mean_x * mean_y + c1) * (2 * cov + c2)
    return above / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))


def check_same_shape(a: Image, b: Image) -> None:
    """Raise `InvalidValue` if two pictures have different shapes."""
    if a.shape != b.shape:
        raise InvalidValue(f"pictures to compare must have the same shape; got {a.shape} and {b.shape}.")
