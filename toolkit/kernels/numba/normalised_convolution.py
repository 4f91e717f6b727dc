"""Edge-aware smoothing of a picture by normalised convolution: box filters along rows, then along columns.

Section 5.2 of Gastal & Oliveira (2011) describes the filter. Each line is smoothed independently, so the result does
not depend on how lines are divided among threads. A pass along columns needs all rows of the previous pass along
rows, so a picture cannot be cut into independent strips: the picture is stored once, as uint16 in steps of 1/256 grey
level, and smoothed in place. Rounding to 1/256 causes an error of at most 1/512 grey level per pass.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from toolkit.kernels.numba.domain_transform import (
    FINE,
    LINES,
    STRIP,
    box,
    box_means,
    find_boxes_of,
    room_for_boxes,
    running_sums,
)
from toolkit.kernels.reference import ITERATIONS

BLOCK = 16  # number of picture columns that are transposed together

WORKING_BYTES_PER_PX = 6 + 4  # bytes per pixel of the smoothed picture, and of the two arrays of differences


@njit(nogil=True, cache=True)
def _smooth_strip(across, source, scale, target, top, bottom, steps, radius, reciprocals):
    width = across.shape[1]
    positions, first, last = room_for_boxes(width)
    sums = np.empty((3, width + 1), np.uint32)
    for y in range(top, bottom, LINES):
        find_boxes_of(across, y, bottom, steps, radius, positions, first, last)
        for line in range(min(LINES, bottom - y)):
            running_sums(source[y + line], scale, sums)
            box_means(sums, first[line], last[line], reciprocals, np.float32(1), target[y + line])


@njit(nogil=True, cache=True, parallel=True)
def _smooth_rows(across, source, scale, target, steps, radius, reciprocals):
    height = across.shape[0]
    for strip in prange((height + STRIP - 1) // STRIP):
        top = strip * STRIP
        bottom = min(top + STRIP, height)
        _smooth_strip(across, source, scale, target, top, bottom, steps, radius, reciprocals)


@njit(nogil=True, cache=True)
def _smooth_block(down, source, target, scale, left, columns, steps, radius, reciprocals):
    height = down.shape[1]
    # If rows of an array start an odd number of cache lines apart, they do not compete for the same cache sets.
    padded = (height * 6 // 128 * 2 + 3) * 64 // 6 + 1
    lines = np.empty((BLOCK, padded, 3), np.uint16)
    positions, first, last = room_for_boxes(height)
    sums = np.empty((3, height + 1), np.uint32)
    for y in range(height):
        for c in range(columns):
            lines[c, y, 0] = source[y, left + c, 0]
            lines[c, y, 1] = source[y, left + c, 1]
            lines[c, y, 2] = source[y, left + c, 2]
    for c in range(0, columns, LINES):
        find_boxes_of(down, left + c, left + columns, steps, radius, positions, first, last)
        for line in range(min(LINES, columns - c)):
            running_sums(lines[c + line, :height], np.uint32(1), sums)
            box_means(sums, first[line], last[line], reciprocals, scale, lines[c + line, :height])
    for y in range(height):
        for c in range(columns):
            target[y, left + c, 0] = lines[c, y, 0]
            target[y, left + c, 1] = lines[c, y, 1]
            target[y, left + c, 2] = lines[c, y, 2]


@njit(nogil=True, cache=True, parallel=True)
def _smooth_columns(down, source, target, scale, steps, radius, reciprocals):
    width = down.shape[0]
    for block in prange((width + BLOCK - 1) // BLOCK):
        left = block * BLOCK
        columns = min(BLOCK, width - left)
        _smooth_block(down, source, target, scale, left, columns, steps, radius, reciprocals)


def smooth(image, planes, sigma_s, sigma_r, out=None):
    """Smooth a picture by the normalised convolution of the domain transform.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        The picture to smooth.
    planes : tuple of ndarray
        The result of `domain_transform.differences` for `image`.
    sigma_s, sigma_r : float
        Standard deviation of the filter in px, and along the values as a share of the full range, 0..1.
    out : ndarray of uint8, shape (H, W, 3), optional
        Array for the smoothed picture in whole grey levels.

    Returns
    -------
    ndarray
        The smoothed picture: `out` if given, else an array of uint16 in steps of 1/256 grey level.
    """
    across, down = planes
    fine = np.empty(image.shape, np.uint16)
    for iteration in range(ITERATIONS):
        b = box(sigma_s, sigma_r, iteration)
        source, scale = (image, np.uint32(FINE)) if iteration == 0 else (fine, np.uint32(1))
        _smooth_rows(across, source, scale, fine, b.steps, b.radius, b.reciprocals)
        in_levels = out is not None and iteration == ITERATIONS - 1
        target, unit = (out, np.float32(1 / FINE)) if in_levels else (fine, np.float32(1))
        _smooth_columns(down, fine, target, unit, b.steps, b.radius, b.reciprocals)
    return fine if out is None else out
