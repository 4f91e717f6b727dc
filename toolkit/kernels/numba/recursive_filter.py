"""Edge-aware smoothing of a picture by the recursive filter, forwards and backwards along each line.

Gastal & Oliveira (2011), section 5.3, eq. (21): ``y[i] = x[i] + (y[i - 1] - x[i]) * a ** d[i]``, forwards and then
backwards, where ``d`` is the distance on the transformed axis and ``a = exp(-sqrt(2) / sigma)``. Sixteen lines are
interleaved, so that one vector instruction processes all of them.

As in `normalised_convolution`, the picture is stored as uint16 in steps of 1/256 grey level between passes.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

from toolkit.kernels.numba.domain_transform import FINE, distances
from toolkit.kernels.numba.lanes import LANES, follow_lanes
from toolkit.kernels.reference import ITERATIONS, deviation_px

PIECE = 64  # number of pixels of each row that are transposed together, so that the written data stays in the L1 cache


@njit(nogil=True, cache=True)
def follow(values, weights, length, channels):
    """Filter 16 lines in place, forwards and then backwards.

    Parameters
    ----------
    values : ndarray of float32, shape (length * channels * 16,)
        Values in the order of pixels, then channels, then lines.
    weights : ndarray of float32, shape (length * 16,)
        The weight ``a ** d[i]`` of each pixel.
    length, channels : int
        Number of pixels of each line, and number of channels of each pixel.
    """
    lanes, step = np.uint64(LANES), np.uint64(LANES * channels)
    for i in range(1, length):
        here = np.uint64(i) * step
        for c in range(channels):
            start = here + np.uint64(c) * lanes
            follow_lanes(values, start, start - step, weights, np.uint64(i) * lanes)
    for back in range(1, length):
        i = np.uint64(length - 1 - back)
        for c in range(channels):
            start = i * step + np.uint64(c) * lanes
            follow_lanes(values, start, start + step, weights, (i + np.uint64(1)) * lanes)


@njit(nogil=True, cache=True)
def _smooth_strip(across, source, scale, target, top, bottom, weight_of):
    width = across.shape[1]
    values = np.zeros((width, 3, LANES), np.float32)
    weights = np.zeros((width, LANES), np.float32)
    for left in range(0, width, PIECE):
        for y in range(top, bottom):
            for x in range(left, min(left + PIECE, width)):
                weights[x, y - top] = weight_of[across[y, x]]
                values[x, 0, y - top] = np.float32(source[y, x, 0]) * scale
                values[x, 1, y - top] = np.float32(source[y, x, 1]) * scale
                values[x, 2, y - top] = np.float32(source[y, x, 2]) * scale
    follow(values.reshape(-1), weights.reshape(-1), width, 3)
    for left in range(0, width, PIECE):
        for y in range(top, bottom):
            for x in range(left, min(left + PIECE, width)):
                target[y, x, 0] = np.int32(np.rint(values[x, 0, y - top]))
                target[y, x, 1] = np.int32(np.rint(values[x, 1, y - top]))
                target[y, x, 2] = np.int32(np.rint(values[x, 2, y - top]))


@njit(nogil=True, cache=True, parallel=True)
def _smooth_rows(across, source, scale, target, weight_of):
    height = across.shape[0]
    for strip in prange((height + LANES - 1) // LANES):
        top = strip * LANES
        _smooth_strip(across, source, scale, target, top, min(top + LANES, height), weight_of)


@njit(nogil=True, cache=True)
def _smooth_block(down, source, target, scale, left, columns, weight_of):
    height = down.shape[1]
    values = np.zeros((height, 3, LANES), np.float32)
    weights = np.zeros((height, LANES), np.float32)
    for y in range(height):
        for c in range(columns):
            weights[y, c] = weight_of[down[left + c, y]]
            values[y, 0, c] = source[y, left + c, 0]
            values[y, 1, c] = source[y, left + c, 1]
            values[y, 2, c] = source[y, left + c, 2]
    follow(values.reshape(-1), weights.reshape(-1), height, 3)
    for y in range(height):
        for c in range(columns):
            target[y, left + c, 0] = np.int32(np.rint(values[y, 0, c] * scale))
            target[y, left + c, 1] = np.int32(np.rint(values[y, 1, c] * scale))
            target[y, left + c, 2] = np.int32(np.rint(values[y, 2, c] * scale))


@njit(nogil=True, cache=True, parallel=True)
def _smooth_columns(down, source, target, scale, weight_of):
    width = down.shape[0]
    for block in prange((width + LANES - 1) // LANES):
        left = block * LANES
        _smooth_block(down, source, target, scale, left, min(LANES, width - left), weight_of)


def smooth(image, planes, sigma_s, sigma_r, out):
    """Smooth a picture by the recursive filter into `out`, uint8 (H, W, 3).

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        The picture to smooth.
    planes : tuple of ndarray
        The result of `domain_transform.differences` for `image`.
    sigma_s, sigma_r : float
        Standard deviation of the filter in px, and along the values as a share of the full range, 0..1.
    out : ndarray of uint8, shape (H, W, 3)
        Output array: the smoothed picture.
    """
    across, down = planes
    fine = np.empty(image.shape, np.uint16)
    for iteration in range(ITERATIONS):
        rate = -math.sqrt(2) / deviation_px(sigma_s, iteration)
        weight_of = np.exp(rate * distances(sigma_s, sigma_r)).astype(np.float32)
        source, scale = (image, np.float32(FINE)) if iteration == 0 else (fine, np.float32(1))
        _smooth_rows(across, source, scale, fine, weight_of)
        last = iteration == ITERATIONS - 1
        target, unit = (out, np.float32(1 / FINE)) if last else (fine, np.float32(1))
        _smooth_columns(down, fine, target, unit, weight_of)
