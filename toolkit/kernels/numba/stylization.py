"""Stylization (watercolour): the picture is smoothed inside its edges, and the edges are darkened.

Computes ``cv2.stylization``: the normalised convolution of Gastal & Oliveira (2011), each value multiplied by ``1 -
m``, where ``m`` sums over the three channels the magnitude of the 3x3 Sobel gradient of the smoothed picture (values
0..1, border mirrored without repeating the edge pixel). OpenCV's filter is wrong on large pictures; the kernel of
this module is right at every picture size.

>>> stylization(np.full((2, 3, 3), 90, np.uint8), sigma_s=60.0, sigma_r=0.45).max()
np.uint8(90)
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from toolkit.images.image import Image
from toolkit.kernels.numba.domain_transform import FINE, STRIP
from toolkit.kernels.numba.normalised_convolution import WORKING_BYTES_PER_PX, smooth
from toolkit.kernels.numba.style import Received, Style


@njit(nogil=True, cache=True)
def _mirror(length, index):
    """Index inside a line, mirrored at its ends; always 0 in a line of one pixel."""
    if length == 1:
        return 0
    if index < 0:
        return -index
    return index if index < length else 2 * length - 2 - index


@njit(nogil=True, cache=True, error_model="numpy")
def _draw_strip(fine, out, top, bottom):
    height, width = fine.shape[:2]
    # Each array holds one line of the picture as B, G, R, B, .. with a mirrored pixel at each end, so the values of
    # neighbouring pixels are 3 entries apart.
    weighted = np.empty(3 * width + 6, np.float32)
    difference = np.empty(3 * width + 6, np.float32)
    magnitude = np.empty(3 * width, np.float32)
    unit = np.float32(1 / FINE)
    for y in range(top, bottom):
        above = fine[_mirror(height, y - 1)].reshape(-1)
        here = fine[y].reshape(-1)
        below = fine[_mirror(height, y + 1)].reshape(-1)
        for i in range(3 * width):
            a, b, c = np.int32(above[i]), np.int32(here[i]), np.int32(below[i])
            weighted[i + 3] = np.float32(np.int32(a + 2 * b + c))
            difference[i + 3] = np.float32(np.int32(c - a))
        left, right = 3 * (_mirror(width, -1) + 1), 3 * (_mirror(width, width) + 1)
        for c in range(3):
            weighted[c], weighted[3 * width + 3 + c] = weighted[left + c], weighted[right + c]
            difference[c], difference[3 * width + 3 + c] = difference[left + c], difference[right + c]
        for i in range(3 * width):
            gx = weighted[i + 6] - weighted[i]
            gy = difference[i] + np.float32(2) * difference[i + 3] + difference[i + 6]
            magnitude[i] = np.sqrt(gx * gx + gy * gy)
        share = np.float32(1 / (255 * FINE))
        for x in range(width):
            total = magnitude[3 * x] + magnitude[3 * x + 1] + magnitude[3 * x + 2]
            factor = unit * max(np.float32(1) - total * share, np.float32(0))
            out[y, x, 0] = np.int32(np.rint(np.float32(here[3 * x]) * factor))
            out[y, x, 1] = np.int32(np.rint(np.float32(here[3 * x + 1]) * factor))
            out[y, x, 2] = np.int32(np.rint(np.float32(here[3 * x + 2]) * factor))


@njit(nogil=True, cache=True, parallel=True)
def _draw_edges(fine, out):
    height = fine.shape[0]
    for strip in prange((height + STRIP - 1) // STRIP):
        top = strip * STRIP
        _draw_strip(fine, out, top, min(top + STRIP, height))


def _fill(received: Received, target: Image, *, sigma_s: float, sigma_r: float) -> None:
    _draw_edges(smooth(received.image, received.differences, sigma_s, sigma_r), target)


stylization = Style(name="stylization", fill=_fill, working_bytes_per_px=3 + WORKING_BYTES_PER_PX)
