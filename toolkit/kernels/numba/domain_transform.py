"""The domain transform of Gastal & Oliveira (2011) along one line of pixels.

*Domain Transform for Edge-Aware Image and Video Processing*, ACM Transactions on Graphics 30(4), doi
10.1145/2010324.1964964. The pixels of a row (or column) get positions on an axis; the distance of two neighbours is

    1 + sigma_s / sigma_r * (|db| + |dg| + |dr|) / 255

so pixels on two sides of an edge are far apart, and a box filter on that axis smooths without crossing edges. The
picture is smoothed three times along rows and columns, with boxes of decreasing radius.

The summed differences of an 8-bit picture are integers 0..765, so a lookup table holds the distance for each of these
integers; positions are 64-bit fixed-point sums of distances. Unlike running float32 sums, the positions are as
precise at the end of a line as at its start, and a box holds the same pixels as in the float64 reference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit, prange

from toolkit.kernels.reference import radius_px

LARGEST_DIFFERENCE = 3 * 255
STRIP = 32  # rows that one parallel task processes: 32 values of type uint16 fill a cache line
LINES = 4  # number of lines that find_boxes processes at once
FIXED_POINT = (
    2.0**36
)  # fixed-point factor of positions: 65535 distances up to the radius add up to less than 2**62
FINE = 256  # smoothed values are stored as uint16 in steps of 1/256 grey level


@dataclass(frozen=True)
class Box:
    """Lookup tables for the box filter of one iteration of the domain transform.

    Attributes
    ----------
    steps : ndarray of int64, shape (766,)
        Fixed-point distance between neighbours whose summed channel difference is 0..765. A distance longer than the
        radius ends every box, whatever its length, so distances are limited to just above the radius; thus no sum of
        distances overflows.
    radius : int64
        Radius of the box, in the fixed-point unit of `steps`.
    reciprocals : ndarray of float32
        ``1 / n`` for each number of pixels n that a box can hold.
    """

    steps: np.ndarray
    radius: np.int64
    reciprocals: np.ndarray


def distances(sigma_s: float, sigma_r: float) -> np.ndarray:
    """Distance on the transformed axis for each summed difference 0..765, float64."""
    return 1 + sigma_s / sigma_r * np.arange(LARGEST_DIFFERENCE + 1) / 255


def box(sigma_s: float, sigma_r: float, iteration: int) -> Box:
    """Lookup tables of the box filter of one iteration of the domain transform.

    >>> box(60.0, 0.45, 0).steps.dtype
    dtype('int64')
    """
    radius = radius_px(sigma_s, iteration)
    fixed_radius = math.floor(radius * FIXED_POINT)
    steps = np.minimum(np.rint(distances(sigma_s, sigma_r) * FIXED_POINT), fixed_radius + 1).astype(np.int64)
    counts = np.arange(1, 2 * math.ceil(radius) + 3)
    reciprocals = np.concatenate([[0], 1 / counts]).astype(np.float32)
    return Box(steps, np.int64(fixed_radius), reciprocals)


@njit(nogil=True, cache=True)
def _strip_differences(image, top, bottom, across, down):
    width = image.shape[1]
    strip = np.empty((STRIP, width), np.uint16)
    for y in range(top, bottom):
        row = image[y]
        above = image[max(y - 1, 0)]
        line = strip[y - top]
        across[y, 0] = 0
        for x in range(1, width):
            total = abs(np.int16(row[x, 0]) - np.int16(row[x - 1, 0]))
            total += abs(np.int16(row[x, 1]) - np.int16(row[x - 1, 1]))
            total += abs(np.int16(row[x, 2]) - np.int16(row[x - 1, 2]))
            across[y, x] = np.uint16(total)
        for x in range(width):
            total = abs(np.int16(row[x, 0]) - np.int16(above[x, 0]))
            total += abs(np.int16(row[x, 1]) - np.int16(above[x, 1]))
            total += abs(np.int16(row[x, 2]) - np.int16(above[x, 2]))
            line[x] = np.uint16(total)
    for x in range(width):
        for y in range(top, bottom):
            down[x, y] = strip[y - top, x]


@njit(nogil=True, cache=True, parallel=True)
def _fill_differences(image, across, down):
    height = image.shape[0]
    for strip in prange((height + STRIP - 1) // STRIP):
        top = strip * STRIP
        _strip_differences(image, top, min(top + STRIP, height), across, down)


def differences(image):
    """Difference of each pixel from the pixel before it in its row and in its column.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        The picture, BGR.

    Returns
    -------
    across : ndarray of uint16, shape (H, W)
        Sum over channels of absolute differences from the left neighbour, 0..765; 0 in the first column.
    down : ndarray of uint16, shape (W, H)
        Sum over channels of absolute differences from the pixel above; the array is transposed, so that a column is
        contiguous.
    """
    height, width = image.shape[:2]
    across = np.empty((height, width), np.uint16)
    down = np.empty((width, height), np.uint16)
    _fill_differences(image, across, down)
    return across, down


@njit(nogil=True, cache=True)
def place(line_differences, steps, radius, positions):
    """Write positions of a line's pixels on the transformed axis, then one position that is in reach of no box."""
    position = np.int64(0)
    for i in range(line_differences.shape[0]):
        position += steps[line_differences[i]]
        positions[i] = position
    positions[line_differences.shape[0]] = position + radius + 1


@njit(nogil=True, cache=True)
def find_boxes(positions, radius, length, first, last):
    """For each pixel of four lines, find its box: the pixels ``first <= k < last``, which are within `radius` of it.

    A single pass over a line finds both ends of the boxes of all pixels. While pixel ``k`` is within the radius of
    pixel ``j``, ``k`` advances, else ``j`` advances. When ``j`` advances, ``k`` is the end of the box of ``j``; when
    ``k`` advances, ``j`` is the first pixel that reaches ``k``, so the box of ``k`` starts at ``j``. Each line takes
    exactly two steps per pixel without any branch, and four independent lines hide each other's latency.

    Parameters
    ----------
    positions : ndarray of int64, shape (4, length + 1)
        Positions of the pixels of each line on the transformed axis; see `place`.
    radius : int64
        Radius of the boxes, in the unit of `positions`.
    length : int
        Number of pixels of each line.
    first, last : ndarray of uint16, shape (4, length + 1)
        Output arrays: first pixel of each box, and one past its last pixel; the last column is scratch space.
    """
    one = np.uint64(1)
    k0 = k1 = k2 = k3 = np.uint64(0)
    j0 = j1 = j2 = j3 = np.uint64(0)
    p0, p1, p2, p3 = positions[0], positions[1], positions[2], positions[3]
    f0, f1, f2, f3 = first[0], first[1], first[2], first[3]
    l0, l1, l2, l3 = last[0], last[1], last[2], last[3]
    for _ in range(2 * length):
        within0 = np.uint64(p0[k0] - p0[j0] <= radius)
        within1 = np.uint64(p1[k1] - p1[j1] <= radius)
        within2 = np.uint64(p2[k2] - p2[j2] <= radius)
        within3 = np.uint64(p3[k3] - p3[j3] <= radius)
        l0[j0], f0[k0] = k0, j0
        l1[j1], f1[k1] = k1, j1
        l2[j2], f2[k2] = k2, j2
        l3[j3], f3[k3] = k3, j3
        k0 += within0
        k1 += within1
        k2 += within2
        k3 += within3
        j0 += one - within0
        j1 += one - within1
        j2 += one - within2
        j3 += one - within3


@njit(nogil=True, cache=True)
def room_for_boxes(length):
    """Arrays for the positions, first and last pixels that `find_boxes` reads and writes, for lines of `length` px."""
    shape = (LINES, length + 1)
    return np.empty(shape, np.int64), np.empty(shape, np.uint16), np.empty(shape, np.uint16)


@njit(nogil=True, cache=True)
def find_boxes_of(planes, line, end, steps, radius, positions, first, last):
    """Find the boxes of the pixels of four lines from `line` on; line ``end - 1`` stands in for lines from `end` on."""
    for n in range(LINES):
        place(planes[min(line + n, end - 1)], steps, radius, positions[n])
    find_boxes(positions, radius, planes.shape[1], first, last)


@njit(nogil=True, cache=True)
def running_sums(line, scale, sums):
    """Sums of a line's first 0, 1, .. n pixels for each channel, modulo 2**32; differences of two sums are exact."""
    blue = green = red = np.uint32(0)
    s0, s1, s2 = sums[0], sums[1], sums[2]
    s0[0] = s1[0] = s2[0] = np.uint32(0)
    for i in range(line.shape[0]):
        blue += np.uint32(line[i, 0]) * scale
        green += np.uint32(line[i, 1]) * scale
        red += np.uint32(line[i, 2]) * scale
        s0[i + 1], s1[i + 1], s2[i + 1] = blue, green, red


@njit(nogil=True, cache=True)
def box_means(sums, first, last, reciprocals, scale, out):
    """Mean of each pixel's box times `scale`, rounded to the nearest integer, into `out` (length, 3)."""
    s0, s1, s2 = sums[0], sums[1], sums[2]
    for i in range(out.shape[0]):
        start, end = np.uint64(first[i]), np.uint64(last[i])
        share = reciprocals[end - start] * scale
        out[i, 0] = np.int32(np.rint(np.float32(np.int32(s0[end] - s0[start])) * share))
        out[i, 1] = np.int32(np.rint(np.float32(np.int32(s1[end] - s1[start])) * share))
        out[i, 2] = np.int32(np.rint(np.float32(np.int32(s2[end] - s2[start])) * share))
