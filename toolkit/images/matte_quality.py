"""Errors of an alpha matte against the true matte: SAD, MSE, MAD, Grad and Conn of the literature on matting."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import InvalidValue
from toolkit.images.image import Image
from toolkit.images.similarity import check_same_shape, difference

Mask = npt.NDArray[np.bool_]

_SIGMA_PX = 1.4  # standard deviation of the Gaussian whose derivative is the gradient
# Radius of the kernel that computes the gradient, as in published scripts for matting; the Gaussian beyond is < 0.01.
_RADIUS_PX = 4
_TENTHS = 10  # number of steps of 0.1 from no coverage to full coverage
# The connectivity error ignores differences of coverage below 0.15; coverage is counted in units of 1/510.
_SMALL = 77
_STRIP_ROWS = 512  # number of rows computed at a time, which limits the memory of a matte's float copies


def matte_quality(alpha: Image, truth: Image) -> dict[str, float]:
    """Errors of a matte over the whole picture; smaller is better, and 0 is perfect.

    SAD, MSE and MAD are computed from coverage 0..1. Grad and Conn are the perceptual errors of Rhemann et al., "A
    perceptually motivated online benchmark for image matting" (CVPR 2009), as the published evaluation scripts compute
    them, but without a trimap: every pixel counts, because the networks get no trimap.

    Parameters
    ----------
    alpha, truth : ndarray of uint8, shape (H, W) or (H, W, 1)
        Mattes, whose values are coverage: 255 is foreground.

    Returns
    -------
    dict
        ``sad``, ``grad`` and ``conn``: sums over the pixels, divided by 1000 as in papers; the sums grow with the size
        of the picture. ``mse`` and ``mad``: means over the pixels, 0..1 (many papers print the means times 1000).

    Raises
    ------
    InvalidValue
        A matte is not uint8 or has several channels, or the two mattes differ in size.

    Notes
    -----
    `matte_quality` needs about 12 bytes of memory a pixel. The published evaluation scripts for matting stretch each
    matte to 0..1 before they compute the gradient (``mat2gray``). `matte_quality` does not stretch mattes, because
    stretching would hide that a matte is faint. If both mattes contain the values 0 and 255, stretching changes no
    error.

    Examples
    --------
    >>> import numpy as np
    >>> half = matte_quality(np.full((20, 50), 51, np.uint8), np.zeros((20, 50), np.uint8))
    >>> {name: round(value, 6) for name, value in half.items()}
    {'sad': 0.2, 'mse': 0.04, 'mad': 0.2, 'grad': 0.0, 'conn': 0.2}
    """
    one, other = _plane(alpha), _plane(truth)
    check_same_shape(one, other)
    apart = difference(one[..., None], other[..., None])
    mad = apart.mean_abs / 255
    return {
        "sad": mad * one.size / 1000,
        "mse": apart.mean_square / 255**2,
        "mad": mad,
        "grad": gradient_error(one, other) / 1000,
        "conn": connectivity_error(one, other) / 1000,
    }


def gradient_error(alpha: Image, truth: Image) -> float:
    """Sum of squared differences between the lengths of the mattes' gradients; mattes are uint8 (H, W).

    The gradient of the coverage, 0..1, is computed with first derivatives of a Gaussian: sigma 1.4, 9 x 9 px, each
    kernel of unit energy, the edge repeated.
    """
    total = 0.0
    height = alpha.shape[0]
    for top in range(0, height, _STRIP_ROWS):
        first, last = max(top - _RADIUS_PX, 0), min(top + _STRIP_ROWS, height)
        seen = np.s_[first : last + _RADIUS_PX]
        error = (_gradient(alpha[seen]) - _gradient(truth[seen]))[top - first : last - first]
        total += float(np.sum(error**2, dtype=np.float64))
    return total


def connectivity_error(alpha: Image, truth: Image) -> float:
    """Sum of the differences between the mattes' degrees of disconnection from the foreground; mattes are uint8 (H, W).

    For each threshold 0.1, 0.2, ..., 1 the source is the largest 4-connected region in which both mattes reach the
    threshold; of equally large regions, the first in reading order. The level of a pixel is the highest threshold for
    which the sources of this threshold and of all lower ones contain the pixel. The disconnection of a matte at a pixel
    is the coverage above the pixel's level; a disconnection below 0.15 counts as 0.
    """
    level = np.full(alpha.shape, _TENTHS, np.uint8)
    both = np.minimum(alpha, truth)
    connected = np.ones(alpha.shape, bool)
    for tenth in range(1, _TENTHS + 1):
        source = _largest_region(both >= math.ceil(255 * tenth / _TENTHS))
        level[connected & ~source] = tenth - 1
        connected &= source
        if not connected.any():
            break
    total = 0
    for top in range(0, alpha.shape[0], _STRIP_ROWS):
        rows = np.s_[top : top + _STRIP_ROWS]
        apart = _disconnected(alpha[rows], level[rows]) - _disconnected(truth[rows], level[rows])
        total += int(np.abs(apart).sum(dtype=np.int64))
    return total / 510


def _disconnected(alpha: Image, level: Image) -> npt.NDArray[np.int16]:
    """Coverage above the level in units of 1/510, a divisor of 1/255 and of 1/10, so that nothing is rounded."""
    above = 2 * alpha.astype(np.int16) - 51 * level.astype(np.int16)
    above[above < _SMALL] = 0
    return above


def _largest_region(mask: Mask) -> Mask:
    import cv2

    found, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=4)
    if found == 1:  # the mask has no region, only background
        return np.zeros_like(mask)
    region: Mask = labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return region


def _gradient(alpha: Image) -> npt.NDArray[np.float32]:
    """Length of the gradient of a matte's coverage at every pixel."""
    import cv2

    x = np.arange(-_RADIUS_PX, _RADIUS_PX + 1, dtype=np.float64)
    smooth = np.exp(-(x**2) / (2 * _SIGMA_PX**2))
    slope = -x * smooth
    smooth, slope = smooth / np.linalg.norm(smooth), slope / np.linalg.norm(slope)
    edge = cv2.BORDER_REPLICATE
    plane = alpha.astype(np.float32) / 255
    across = cv2.sepFilter2D(plane, cv2.CV_32F, slope, smooth, borderType=edge)
    down = cv2.sepFilter2D(plane, cv2.CV_32F, smooth, slope, borderType=edge)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _plane(alpha: Image) -> Image:
    """The matte as an array of shape (H, W)."""
    if alpha.dtype != np.uint8 or not (alpha.ndim == 2 or (alpha.ndim == 3 and alpha.shape[2] == 1)):
        got = f"{alpha.dtype} of shape {alpha.shape}"
        raise InvalidValue(f"a matte must be uint8 with one channel; got {got}.")
    plane: Image = alpha.reshape(alpha.shape[:2])
    return plane
