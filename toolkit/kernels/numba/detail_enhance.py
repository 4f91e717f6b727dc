"""Detail enhancement: the difference of the lightness from an edge-preserving smoothing is tripled.

Computes ``cv2.detailEnhance``: L of CIE Lab (divided by 255) is smoothed by the recursive filter of Gastal & Oliveira
(2011); three times what the filter removed is added to the smoothed L; a and b do not change.

Lookup tables with linear interpolation replace the functions (gamma, cube root, filter weights); each table is exact to
1e-4 grey levels. Only the lightness and the smoothed lightness are stored (float32); a and b of Lab are computed again
at the end.

>>> detail_enhance(np.full((2, 3, 3), 90, np.uint8), sigma_s=10.0, sigma_r=0.15).max()
np.uint8(90)
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numba import njit, prange

from toolkit.images.image import Image
from toolkit.kernels import color_spaces
from toolkit.kernels.numba.domain_transform import STRIP
from toolkit.kernels.numba.lanes import LANES
from toolkit.kernels.numba.recursive_filter import PIECE, follow
from toolkit.kernels.numba.style import Received, Style
from toolkit.kernels.reference import ITERATIONS, deviation_px

STRENGTH = 3
STEPS = 1 << 14  # number of steps of a lookup table
LARGEST_LIGHTNESS = 100 / 255


@cache
def _curves():
    """Lookup tables of linear light, of the function f of CIE Lab and of gamma; matrices from RGB to XYZ and back."""
    share = np.arange(STEPS + 2) / STEPS
    light = color_spaces.linear_of_gamma(np.arange(256) / 255)
    to_xyz = color_spaces.XYZ_OF_RGB / color_spaces.WHITE_XYZ[:, None]
    to_rgb = color_spaces.RGB_OF_XYZ * color_spaces.WHITE_XYZ
    coded = 255 * color_spaces.gamma_of_linear(share)
    tables = (light, to_xyz, to_rgb, color_spaces.cube_root(share), coded)
    return tuple(table.astype(np.float32) for table in tables)


def _weights(sigma_s: float, sigma_r: float, iteration: int) -> np.ndarray:
    """Feedback ``a**d`` of the recursive filter for lightness differences from 0 to the largest possible one."""
    difference = np.arange(STEPS + 2) / STEPS * LARGEST_LIGHTNESS
    rate = -math.sqrt(2) / deviation_px(sigma_s, iteration)
    return np.exp(rate * (1 + sigma_s / sigma_r * difference)).astype(np.float32)


@njit(nogil=True, cache=True)
def _read(table, place):
    """Value of a lookup table at a position given in steps of the table, by linear interpolation."""
    below = np.uint64(np.int32(place))
    return table[below] + (table[below + np.uint64(1)] - table[below]) * (place - np.float32(np.int32(place)))


@njit(nogil=True, cache=True)
def _roots(blue, green, red, light, to_xyz, root):
    """The values f(X), f(Y) and f(Z) of CIE Lab, relative to white; f is the function `color_spaces.cube_root`."""
    b, g, r = light[np.uint64(blue)], light[np.uint64(green)], light[np.uint64(red)]
    steps = np.float32(STEPS)
    x = _read(root, min(to_xyz[0, 0] * r + to_xyz[0, 1] * g + to_xyz[0, 2] * b, np.float32(1)) * steps)
    y = _read(root, min(to_xyz[1, 0] * r + to_xyz[1, 1] * g + to_xyz[1, 2] * b, np.float32(1)) * steps)
    z = _read(root, min(to_xyz[2, 0] * r + to_xyz[2, 1] * g + to_xyz[2, 2] * b, np.float32(1)) * steps)
    return x, y, z


@njit(nogil=True, cache=True, parallel=True)
def _fill_lightness(image, light, to_xyz, root, lightness):
    for row in prange(image.shape[0]):
        for x in range(image.shape[1]):
            _, y, _ = _roots(image[row, x, 0], image[row, x, 1], image[row, x, 2], light, to_xyz, root)
            lightness[row, x] = (np.float32(116) * y - np.float32(16)) * np.float32(1 / 255)


@njit(nogil=True, cache=True)
def _smooth_strip(lightness, smooth, top, bottom, weight_of):
    width = lightness.shape[1]
    values = np.zeros((width, LANES), np.float32)
    weights = np.zeros((width, LANES), np.float32)
    scale = np.float32(STEPS / LARGEST_LIGHTNESS)
    for left in range(0, width, PIECE):
        for y in range(top, bottom):
            for x in range(left, min(left + PIECE, width)):
                values[x, y - top] = smooth[y, x]
                before = lightness[y, max(x - 1, 0)]
                weights[x, y - top] = _read(weight_of, abs(lightness[y, x] - before) * scale)
    follow(values.reshape(-1), weights.reshape(-1), width, 1)
    for left in range(0, width, PIECE):
        for y in range(top, bottom):
            for x in range(left, min(left + PIECE, width)):
                smooth[y, x] = values[x, y - top]


@njit(nogil=True, cache=True)
def _smooth_block(lightness, smooth, left, columns, weight_of):
    height = lightness.shape[0]
    values = np.zeros((height, LANES), np.float32)
    weights = np.zeros((height, LANES), np.float32)
    scale = np.float32(STEPS / LARGEST_LIGHTNESS)
    for y in range(height):
        for c in range(columns):
            values[y, c] = smooth[y, left + c]
            before = lightness[max(y - 1, 0), left + c]
            weights[y, c] = _read(weight_of, abs(lightness[y, left + c] - before) * scale)
    follow(values.reshape(-1), weights.reshape(-1), height, 1)
    for y in range(height):
        for c in range(columns):
            smooth[y, left + c] = values[y, c]


@njit(nogil=True, cache=True, parallel=True)
def _smooth(lightness, smooth, weight_of):
    height, width = lightness.shape
    for strip in prange((height + LANES - 1) // LANES):
        top = strip * LANES
        _smooth_strip(lightness, smooth, top, min(top + LANES, height), weight_of)
    for block in prange((width + LANES - 1) // LANES):
        left = block * LANES
        _smooth_block(lightness, smooth, left, min(LANES, width - left), weight_of)


@njit(nogil=True, cache=True)
def _cubed(root):
    """Inverse of the function f of CIE Lab, as in `color_spaces.cubed`."""
    line = (root - np.float32(16 / 116)) * np.float32(1 / 7.787)
    return root * root * root if root > np.float32(6 / 29) else line


@njit(nogil=True, cache=True)
def _level(red, green, blue, share_of, coded):
    """Grey level of one colour channel, computed from X, Y and Z, clipped to 0..255."""
    light = share_of[0] * red + share_of[1] * green + share_of[2] * blue
    return np.int32(np.rint(_read(coded, min(max(light, np.float32(0)), np.float32(1)) * np.float32(STEPS))))


@njit(nogil=True, cache=True, parallel=True)
def _enhance(image, lightness, smooth, light, to_xyz, to_rgb, root, coded, out):
    height = image.shape[0]
    for strip in prange((height + STRIP - 1) // STRIP):
        for row in range(strip * STRIP, min(strip * STRIP + STRIP, height)):
            for i in range(image.shape[1]):
                blue, green, red = image[row, i, 0], image[row, i, 1], image[row, i, 2]
                x, y, z = _roots(blue, green, red, light, to_xyz, root)
                detail = lightness[row, i] - smooth[row, i]
                level = np.float32(255) * (smooth[row, i] + np.float32(STRENGTH) * detail)
                if level <= np.float32(8):
                    new_y = level * np.float32(1 / 903.3)
                    new = np.float32(7.787) * new_y + np.float32(16 / 116)
                else:
                    new = (level + np.float32(16)) * np.float32(1 / 116)
                    new_y = new * new * new
                new_x, new_z = _cubed(new + x - y), _cubed(new - y + z)
                out[row, i, 0] = _level(new_x, new_y, new_z, to_rgb[2], coded)
                out[row, i, 1] = _level(new_x, new_y, new_z, to_rgb[1], coded)
                out[row, i, 2] = _level(new_x, new_y, new_z, to_rgb[0], coded)


def _fill(received: Received, target: Image, *, sigma_s: float, sigma_r: float) -> None:
    light, to_xyz, to_rgb, root, coded = _curves()
    lightness = np.empty(target.shape[:2], np.float32)
    _fill_lightness(received.image, light, to_xyz, root, lightness)
    smooth = lightness.copy()
    for iteration in range(ITERATIONS):
        _smooth(lightness, smooth, _weights(sigma_s, sigma_r, iteration))
    _enhance(received.image, lightness, smooth, light, to_xyz, to_rgb, root, coded, target)


detail_enhance = Style(name="detail_enhance", fill=_fill, working_bytes_per_px=3 + 4 + 4)
