"""Plain float64 references of every style: slow, simple, and right at every picture size.

The results of all other kernels must agree with these reference results. OpenCV's own filters cannot be the reference:
they keep indices and running sums in float32 and are wrong on large pictures. Sources: Gastal & Oliveira, *Domain
Transform for Edge-Aware Image and Video Processing* (2011); OpenCV's documented behaviour, checked against OpenCV's
outputs.

Each function takes a BGR picture, uint8 (H, W, 3), which stays unchanged, and all parameters of the operation that has
the function's name; that operation has checked the parameters. The result is a new picture of the input's shape.
"""

from __future__ import annotations

import math

import numpy as np

from toolkit.images.image import Image, check
from toolkit.kernels.color_spaces import bgr_of_lab, lab_of_bgr

ITERATIONS = 3
"""Number of times that a filter of the domain transform smooths along rows and columns."""


def stylization(image: Image, *, sigma_s: float, sigma_r: float) -> Image:
    """``cv2.stylization``: normalised convolution times ``1 - m``; ``m`` sums the channels' Sobel magnitudes (0..1).

    >>> stylization(np.full((2, 3, 3), 90, np.uint8), sigma_s=60.0, sigma_r=0.45).max()
    np.uint8(90)
    """
    smooth = normalised_convolution(check(image, "stylization"), sigma_s, sigma_r)
    magnitude = np.hypot(*sobel(smooth)).sum(axis=2, keepdims=True)
    return to_levels(smooth * (1 - magnitude / 255))


def edge_preserving(image: Image, *, flags: str, sigma_s: float, sigma_r: float) -> Image:
    """``cv2.edgePreservingFilter``: three iterations, along rows and columns, of the filter that `flags` names."""
    smooth = {"RECURS_FILTER": recursive_filter, "NORMCONV_FILTER": normalised_convolution}[flags]
    return to_levels(smooth(check(image, "edge_preserving"), sigma_s, sigma_r))


def pencil_sketch(image: Image, *, tone: str, sigma_s: float, sigma_r: float, shade_factor: float) -> Image:
    """``cv2.pencilSketch``: a pixel is the brighter, the more pixels of its row and column are within reach.

    Within reach are the pixels in the box filter of the first iteration of `normalised_convolution`. The colour sketch
    keeps the photo's chroma. The brightness is float32, because OpenCV's `shade_factor` is float32 and many products of
    the number of pixels and `shade_factor` lie halfway between two levels.
    """
    image = check(image, "pencil_sketch")
    radius = radius_px(sigma_s, 0)
    start, end = boxes(positions(image, sigma_s, sigma_r), radius)
    start_t, end_t = boxes(positions(transposed(image), sigma_s, sigma_r), radius)
    counts = (end - start) + (end_t - start_t).T
    luma = counts.astype(np.float32) * np.float32(shade_factor) * np.float32(255)
    if tone == "grey":
        return np.repeat(to_levels(luma)[:, :, None], 3, axis=2)
    blue, green, red = np.moveaxis(image.astype(np.int64), 2, 0)
    cb = 0.564 * (886 * blue - 587 * green - 299 * red) / 1000
    cr = 0.713 * (701 * red - 587 * green - 114 * blue) / 1000
    return to_levels(np.stack([luma + 1.773 * cb, luma - 0.714 * cr - 0.344 * cb, luma + 1.403 * cr], axis=2))


def color_pencil(image: Image, *, sigma_s: float, sigma_r: float, shade_factor: float, blend: float) -> Image:
    """``blend * sketch + (1 - blend) * photo`` with the float32 weights and roundings of ``cv2.addWeighted``."""
    sketch = pencil_sketch(
        image, tone="color", sigma_s=sigma_s, sigma_r=sigma_r, shade_factor=shade_factor
    ).astype(np.float64)
    photo = image.astype(np.float32) * np.float32(1 - blend)
    return to_levels((sketch * np.float64(np.float32(blend)) + photo).astype(np.float32))


def detail_enhance(image: Image, *, sigma_s: float, sigma_r: float) -> Image:
    """``cv2.detailEnhance``: the difference between lightness (CIE Lab, divided by 255) and its smoothing is tripled.

    The recursive filter smooths the lightness.
    """
    lab = lab_of_bgr(check(image, "detail_enhance") / 255)
    lightness = lab[:, :, :1] / 255
    smooth = recursive_filter(lightness, sigma_s, sigma_r, full_range=1)
    lab[:, :, :1] = 255 * (smooth + 3 * (lightness - smooth))
    return to_levels(255 * bgr_of_lab(lab))


def oil_painting(image: Image, *, size: int, dynRatio: int) -> Image:  # noqa: N803 - OpenCV's own name
    """``cv2.xphoto.oilPainting``: mean colour of the commonest brightness bin within `size` px.

    Of equally common brightness bins, the darkest bin is chosen.
    """
    image = check(image, "oil_painting")
    blue, green, red = np.moveaxis(image.astype(np.int64), 2, 0)
    grey = (
        3735 * blue + 19235 * green + 9798 * red + 2**14
    ) >> 15  # the arithmetic of OpenCV's 8-bit COLOR_BGR2GRAY
    bins = np.rint(grey / dynRatio)
    most = np.zeros(grey.shape, np.int64)
    totals = np.zeros(image.shape, np.int64)
    for brightness in np.unique(bins):
        inside = bins == brightness
        count = window_sum(inside, size)
        wins = count > most
        most[wins] = count[wins]
        for channel in range(3):
            totals[wins, channel] = window_sum(inside * image[:, :, channel], size)[wins]
    return to_levels(totals / most[:, :, None])


def normalised_convolution(image: np.ndarray, sigma_s: float, sigma_r: float) -> np.ndarray:
    """Box filters on the transformed axis (Gastal & Oliveira, section 5.2), in grey levels, float64 (H, W, 3)."""
    across = positions(image, sigma_s, sigma_r)
    down = positions(transposed(image), sigma_s, sigma_r)
    values = image.astype(np.float64)
    for iteration in range(ITERATIONS):
        radius = radius_px(sigma_s, iteration)
        values = box_means(values, across, radius)
        values = transposed(box_means(transposed(values), down, radius))
    return values


def recursive_filter(
    image: np.ndarray, sigma_s: float, sigma_r: float, full_range: float = 255
) -> np.ndarray:
    """``y[i] += (y[i - 1] - y[i]) * a**d[i]`` forwards and backwards, float64 (Gastal & Oliveira, section 5.3)."""
    across = distances(image, sigma_s, sigma_r, full_range)
    down = distances(transposed(image), sigma_s, sigma_r, full_range)
    values = image.astype(np.float64)
    for iteration in range(ITERATIONS):
        feedback = np.exp(-np.sqrt(2) / deviation_px(sigma_s, iteration))
        values = followed(values, feedback**across)
        values = transposed(followed(transposed(values), feedback**down))
    return values


def deviation_px(sigma_s: float, iteration: int) -> float:
    """Standard deviation of the filter in one iteration, px (Gastal & Oliveira, eq. (14)).

    The squares of the standard deviations of the three iterations add up to ``sigma_s**2``.

    >>> round(sum(deviation_px(60, i) ** 2 for i in range(ITERATIONS)) ** 0.5, 6)
    60.0
    """
    return sigma_s * math.sqrt(3) * 2 ** (ITERATIONS - 1 - iteration) / math.sqrt(4**ITERATIONS - 1)


def radius_px(sigma_s: float, iteration: int) -> float:
    """Radius, px, of the box filter that has the standard deviation of one iteration of the domain transform."""
    return math.sqrt(3) * deviation_px(sigma_s, iteration)


def distances(image: np.ndarray, sigma_s: float, sigma_r: float, full_range: float = 255) -> np.ndarray:
    """Distance of each pixel from its left neighbour on the transformed axis, float64 (H, W); 1 in the first column.

    The distance is that of eq. (11) of Gastal & Oliveira (2011).
    """
    apart = np.ones(image.shape[:2])
    apart[:, 1:] += sigma_s / sigma_r * np.abs(np.diff(image / full_range, axis=1)).sum(axis=2)
    return apart


def positions(image: np.ndarray, sigma_s: float, sigma_r: float) -> np.ndarray:
    """Position of each pixel on the transformed axis of its row, float64 (H, W)."""
    return np.cumsum(distances(image, sigma_s, sigma_r), axis=1)


def boxes(places: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """For each pixel, the first pixel of its row, and one past the last, within `radius` on the transformed axis."""
    start, end = np.empty(places.shape, np.int64), np.empty(places.shape, np.int64)
    for y, row in enumerate(places):
        start[y] = np.searchsorted(row, row - radius, side="right")
        end[y] = np.searchsorted(row, row + radius, side="right")
    return start, end


def box_means(values: np.ndarray, places: np.ndarray, radius: float) -> np.ndarray:
    """For each pixel, the mean of the pixels of its row that are within `radius` on the transformed axis."""
    start, end = boxes(places, radius)
    sums = np.pad(np.cumsum(values, axis=1), ((0, 0), (1, 0), (0, 0)))
    rows = np.arange(len(values))[:, None]
    return (sums[rows, end] - sums[rows, start]) / (end - start)[:, :, None]


def followed(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Move each pixel of a row towards the pixel before it, forwards, then backwards (Gastal & Oliveira, eq. (21))."""
    out = values.copy()
    for x in range(1, out.shape[1]):
        out[:, x] += (out[:, x - 1] - out[:, x]) * weights[:, x, None]
    for x in range(out.shape[1] - 2, -1, -1):
        out[:, x] += (out[:, x + 1] - out[:, x]) * weights[:, x + 1, None]
    return out


def sobel(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """3x3 Sobel derivatives along x and y; the border is mirrored without repeating the edge pixel."""
    for axis in (0, 1):
        width = [(1, 1) if axis == other else (0, 0) for other in range(3)]
        values = np.pad(values, width, mode="reflect" if values.shape[axis] > 1 else "edge")
    weighted_y = values[:-2] + 2 * values[1:-1] + values[2:]
    weighted_x = values[:, :-2] + 2 * values[:, 1:-1] + values[:, 2:]
    return weighted_y[:, 2:] - weighted_y[:, :-2], weighted_x[2:] - weighted_x[:-2]


def window_sum(values: np.ndarray, size: int) -> np.ndarray:
    """Sum over the square of side ``2 * size + 1`` px around each pixel; outside the picture values are 0."""
    side = 2 * size + 1
    sums = np.pad(values.astype(np.int64), ((size + 1, size), (size + 1, size))).cumsum(axis=0).cumsum(axis=1)
    return sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]


def transposed(values: np.ndarray) -> np.ndarray:
    """The array with rows and columns exchanged; the channels stay the last axis."""
    return values.swapaxes(0, 1)


def to_levels(values: np.ndarray) -> Image:
    """Values rounded half to even and clipped to 0..255; rounding to 9 digits first hides float errors."""
    rounded = np.rint(np.round(values.astype(np.float64), 9))
    return np.ascontiguousarray(np.clip(rounded, 0, 255).astype(np.uint8))
