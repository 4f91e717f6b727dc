"""Pencil sketch: paper that is bright where the picture is smooth and dark at its edges.

Computes ``cv2.pencilSketch``. In the first iteration of the domain transform's normalised convolution (Gastal &
Oliveira 2011), each pixel has a box along its row and a box along its column. The number of pixels in both boxes, times
`shade_factor`, is the brightness (1 is white). The colour sketch is the photo in YCrCb with that brightness as Y, by
OpenCV's documented conversion (Cr = 0.713 (R - Y), Cb = 0.564 (B - Y), and back with 1.403, 0.714, 0.344 and 1.773).

The grey sketch has three equal channels. Rows and columns are computed independently; between the two passes, only
the pixel counts (2 bytes a pixel) are stored.

>>> flat = np.full((1, 1, 3), 90, np.uint8)
>>> pencil_sketch(flat, tone="grey", sigma_s=60.0, sigma_r=0.07, shade_factor=0.1).tolist()  # 2 px: 2 * 0.1 * 255
[[[51, 51, 51]]]
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from toolkit.images.image import Image
from toolkit.kernels.numba.domain_transform import LINES, STRIP, box, find_boxes_of, room_for_boxes
from toolkit.kernels.numba.style import Received, Style

BLOCK = 32  # number of columns that are transposed together: 32 counts of type uint16 fill a cache line
WORKING_BYTES_PER_PX = 3 + 2 + 4  # bytes per pixel: output, pixel counts, and differences between pixels


@njit(nogil=True, cache=True)
def _count_strip(across, counts, top, bottom, steps, radius):
    width = across.shape[1]
    positions, first, last = room_for_boxes(width)
    for y in range(top, bottom, LINES):
        find_boxes_of(across, y, bottom, steps, radius, positions, first, last)
        for line in range(min(LINES, bottom - y)):
            for x in range(width):
                counts[y + line, x] = last[line, x] - first[line, x]


@njit(nogil=True, cache=True)
def _count_block(down, counts, left, columns, steps, radius):
    height = down.shape[1]
    positions, first, last = room_for_boxes(height)
    along = np.empty((BLOCK, height), np.uint16)
    for c in range(0, columns, LINES):
        find_boxes_of(down, left + c, left + columns, steps, radius, positions, first, last)
        for line in range(min(LINES, columns - c)):
            for y in range(height):
                along[c + line, y] = last[line, y] - first[line, y]
    for y in range(height):
        for c in range(columns):
            counts[y, left + c] += along[c, y]


@njit(nogil=True, cache=True, parallel=True)
def _fill_counts(across, down, counts, steps, radius):
    height, width = across.shape
    for strip in prange((height + STRIP - 1) // STRIP):
        top = strip * STRIP
        _count_strip(across, counts, top, min(top + STRIP, height), steps, radius)
    for block in prange((width + BLOCK - 1) // BLOCK):
        left = block * BLOCK
        _count_block(down, counts, left, min(BLOCK, width - left), steps, radius)


def box_counts(planes, sigma_s, sigma_r):
    """Number of pixels in each pixel's box along its row plus its box along its column, uint16 (H, W)."""
    across, down = planes
    counts = np.empty(across.shape, np.uint16)
    b = box(sigma_s, sigma_r, 0)
    _fill_counts(across, down, counts, b.steps, b.radius)
    return counts


def brightness(sigma_s: float, shade_factor: float) -> np.ndarray:
    """Brightness, in grey levels, for each number of pixels in the two boxes, float32, not yet clipped to 255.

    The products with `shade_factor` are computed in float32, as in OpenCV, because many products lie halfway between
    two levels.
    """
    largest = 2 * (box(sigma_s, 1, 0).reciprocals.size - 1)
    counts = np.arange(largest + 1, dtype=np.float32)
    return counts * np.float32(shade_factor) * np.float32(255)


@njit(nogil=True, cache=True, parallel=True)
def _shade_grey(counts, levels, out):
    for y in prange(counts.shape[0]):
        for x in range(counts.shape[1]):
            level = levels[np.uint64(counts[y, x])]
            out[y, x, 0] = out[y, x, 1] = out[y, x, 2] = level


@njit(nogil=True, cache=True)
def color_of(blue, green, red, level):
    """The colours of one pixel of the colour sketch, rounded to 0..255."""
    b, g, r = np.int32(blue), np.int32(green), np.int32(red)
    # Differences between channels are computed with integers, so that a grey pixel stays exactly grey.
    cb = np.float32(np.int32(886 * b - 587 * g - 299 * r)) * np.float32(0.564 / 1000)
    cr = np.float32(np.int32(701 * r - 587 * g - 114 * b)) * np.float32(0.713 / 1000)
    new_blue = np.rint(level + np.float32(1.773) * cb)
    new_green = np.rint(level - np.float32(0.714) * cr - np.float32(0.344) * cb)
    new_red = np.rint(level + np.float32(1.403) * cr)
    low, high = np.float32(0), np.float32(255)
    return (
        np.uint8(np.int32(min(max(new_blue, low), high))),
        np.uint8(np.int32(min(max(new_green, low), high))),
        np.uint8(np.int32(min(max(new_red, low), high))),
    )


@njit(nogil=True, cache=True, parallel=True)
def _shade_color(image, counts, levels, out):
    for y in prange(counts.shape[0]):
        for x in range(counts.shape[1]):
            level = levels[np.uint64(counts[y, x])]
            blue, green, red = color_of(image[y, x, 0], image[y, x, 1], image[y, x, 2], level)
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = blue, green, red


def _fill(
    received: Received, target: Image, *, tone: str, sigma_s: float, sigma_r: float, shade_factor: float
) -> None:
    counts = box_counts(received.differences, sigma_s, sigma_r)
    levels = brightness(sigma_s, shade_factor)
    if tone == "grey":
        _shade_grey(counts, np.rint(np.minimum(levels, 255)).astype(np.uint8), target)
    else:
        _shade_color(received.image, counts, levels, target)


pencil_sketch = Style(name="pencil_sketch", fill=_fill, working_bytes_per_px=WORKING_BYTES_PER_PX)
