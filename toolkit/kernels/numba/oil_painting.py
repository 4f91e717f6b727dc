"""Oil painting: each pixel takes the mean colour of the commonest brightness around it (Holzmann 1988).

Computes ``cv2.xphoto.oilPainting``: the brightness is OpenCV's 8-bit grey (15-bit fixed point) divided by `dynRatio`
and rounded half to even, the neighbourhood is the square of ``2 size + 1`` pixels cut at the border. Of equally
common brightnesses the darkest is chosen; the mean is rounded half to even. The output equals OpenCV's, bit for bit.

Each column of a tile has a histogram (Perreault & Hebert 2007). A step of one row adds one pixel to the histogram of
each column and removes one pixel; a step of one pixel to the right adds one column to the window and removes one
column. Tiles read a margin of exactly `size` pixels, so they can be computed in any order, and working memory does not
grow with the picture.

>>> oil_painting(np.full((2, 3, 3), 90, np.uint8), size=5, dynRatio=8).max()
np.uint8(90)
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from toolkit.images.image import Image
from toolkit.kernels.numba.lanes import LANES, largest_lane, move_lanes
from toolkit.kernels.numba.style import Received, Style

TILE_WIDTH = 128
TILE_HEIGHT = 256


@njit(nogil=True, cache=True)
def _fill_bins(pixels, bin_of_grey, bins):
    for y in range(bins.shape[0]):
        for x in range(bins.shape[1]):
            blue, green, red = np.int32(pixels[y, x, 0]), np.int32(pixels[y, x, 1]), np.int32(pixels[y, x, 2])
            bins[y, x] = bin_of_grey[np.uint64((3735 * blue + 19235 * green + 9798 * red + 16384) >> 15)]


@njit(nogil=True, cache=True)
def _add_row(pixels, bins, columns, span, vote):
    for x in range(bins.shape[0]):
        column, b = columns[x], np.uint64(bins[x])
        column[b] += vote
        column[span + b] += pixels[x, 0]
        column[span + span + b] += pixels[x, 1]
        column[span + span + span + b] += pixels[x, 2]


@njit(nogil=True, cache=True)
def _remove_row(pixels, bins, columns, span, vote):
    for x in range(bins.shape[0]):
        column, b = columns[x], np.uint64(bins[x])
        column[b] -= vote
        column[span + b] -= pixels[x, 0]
        column[span + span + b] -= pixels[x, 1]
        column[span + span + span + b] -= pixels[x, 2]


@njit(nogil=True, cache=True, error_model="numpy")
def _paint_row(columns, size, first, left, right, width, span, vote, window, nothing, best, out):
    for i in range(window.shape[0]):
        window[i] = 0
    for b in range(span):
        # Of equally common brightness bins, the darkest bin has the largest key.
        window[b] = vote - np.uint64(1) - np.uint64(b)
    for x in range(first, min(left + size, width)):
        for start in range(0, window.shape[0], LANES):
            move_lanes(window, columns[x - first], nothing, np.uint64(start))
    for x in range(left, right):
        entering = columns[x + size - first] if x + size < width else nothing
        leaving = columns[x - size - 1 - first] if x > left and x - size - 1 >= first else nothing
        for start in range(0, window.shape[0], LANES):
            move_lanes(window, entering, leaving, np.uint64(start))
        largest = np.uint64(0)
        for start in range(0, span, LANES):
            largest = max(largest, np.uint64(largest_lane(window, np.uint64(start))))
        b = vote - np.uint64(1) - largest % vote
        best[0, x - left] = largest // vote
        best[1, x - left] = window[span + b]
        best[2, x - left] = window[span + span + b]
        best[3, x - left] = window[span + span + span + b]
    counts, blues, greens, reds = best[0], best[1], best[2], best[3]
    for i in range(right - left):
        count = np.float32(counts[i])
        out[left + i, 0] = np.int32(np.rint(np.float32(blues[i]) / count))
        out[left + i, 1] = np.int32(np.rint(np.float32(greens[i]) / count))
        out[left + i, 2] = np.int32(np.rint(np.float32(reds[i]) / count))


@njit(nogil=True, cache=True)
def _paint_tile(image, bin_of_grey, size, span_bins, top, bottom, left, right, nothing, out):
    height, width = image.shape[:2]
    highest, lowest = max(top - size, 0), min(bottom + size, height)
    first, end = max(left - size, 0), min(right + size, width)
    pixels = image[highest:lowest, first:end]
    bins = np.empty(pixels.shape[:2], np.uint8)
    _fill_bins(pixels, bin_of_grey, bins)
    columns = np.zeros((end - first, nothing.shape[0]), nothing.dtype)
    window = np.empty_like(nothing)
    best = np.empty((4, right - left), nothing.dtype)
    span = np.uint64(span_bins)
    # The key of a bin is count * vote + (vote - 1 - bin), so the largest key is that of the fullest bin; of equally
    # full bins, that of the lowest bin.
    vote = np.uint64(64) if span_bins <= 64 else np.uint64(256)
    for row in range(min(top + size, height) - highest):
        _add_row(pixels[row], bins[row], columns, span, vote)
    for y in range(top, bottom):
        entering, leaving = y + size - highest, y - size - 1 - highest
        if y + size < height:
            _add_row(pixels[entering], bins[entering], columns, span, vote)
        if y > top and leaving >= 0:
            _remove_row(pixels[leaving], bins[leaving], columns, span, vote)
        _paint_row(columns, size, first, left, right, width, span, vote, window, nothing, best, out[y])


@njit(nogil=True, cache=True, parallel=True)
def _paint(image, bin_of_grey, size, span_bins, nothing, tile_width, tile_height, out):
    height, width = image.shape[:2]
    across = (width + tile_width - 1) // tile_width
    down = (height + tile_height - 1) // tile_height
    for tile in prange(across * down):
        top, left = tile // across * tile_height, tile % across * tile_width
        bottom, right = min(top + tile_height, height), min(left + tile_width, width)
        _paint_tile(image, bin_of_grey, size, span_bins, top, bottom, left, right, nothing, out)


def _fill(received: Received, target: Image, *, size: int, dynRatio: int) -> None:  # noqa: N803 - OpenCV's own name
    bin_of_grey = np.rint(np.arange(256) / dynRatio).astype(np.uint8)
    span_bins = -(-(int(bin_of_grey[-1]) + 1) // LANES) * LANES
    # A sum of 255s over 15 x 15 pixels still fits into 16 bits, which take half the time of 32 bits.
    kind = np.uint16 if size <= 7 else np.uint32
    nothing = np.zeros(4 * span_bins, kind)
    tile_width, tile_height = max(TILE_WIDTH, 4 * size), max(TILE_HEIGHT, 8 * size)
    _paint(received.image, bin_of_grey, size, span_bins, nothing, tile_width, tile_height, target)


oil_painting = Style(name="oil_painting", fill=_fill, working_bytes_per_px=3)
