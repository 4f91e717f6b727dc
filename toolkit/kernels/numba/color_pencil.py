"""Colour pencil: the colour pencil sketch (``cv2.pencilSketch``) blended with the photo.

``blend * sketch + (1 - blend) * photo``, rounded to the nearest grey level in the same way as by ``cv2.addWeighted``.

>>> flat = np.full((9, 9, 3), 90, np.uint8)
>>> given = {"sigma_s": 40.0, "sigma_r": 0.1, "shade_factor": 0.1, "blend": 0.7}
>>> color_pencil(flat, **given)[4, 4].tolist()  # white paper: 0.7 * 255 + 0.3 * 90
[206, 206, 206]
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from toolkit.images.image import Image
from toolkit.kernels.numba.pencil_sketch import WORKING_BYTES_PER_PX, box_counts, brightness, color_of
from toolkit.kernels.numba.style import Received, Style


def blended_levels(blend: float) -> np.ndarray:
    """The blended grey level for each level of the sketch (row) and of the photo (column), uint8 (256, 256).

    With the default `blend`, one result in ten lies halfway between two grey levels, so the arithmetic must be that of
    ``cv2.addWeighted``: the weights are float32; photo times weight is rounded to float32, then sketch times weight is
    added with one rounding.
    """
    levels = np.arange(256, dtype=np.float32)
    photo = (levels * np.float32(1 - blend)).astype(np.float64)
    sketch = levels.astype(np.float64) * np.float64(np.float32(blend))
    return np.rint((sketch[:, None] + photo[None, :]).astype(np.float32)).astype(np.uint8)


@njit(nogil=True, cache=True, parallel=True)
def _blend_color(image, counts, levels, blended, out):
    for y in prange(counts.shape[0]):
        for x in range(counts.shape[1]):
            level = levels[np.uint64(counts[y, x])]
            blue, green, red = color_of(image[y, x, 0], image[y, x, 1], image[y, x, 2], level)
            out[y, x, 0] = blended[np.uint64(blue), np.uint64(image[y, x, 0])]
            out[y, x, 1] = blended[np.uint64(green), np.uint64(image[y, x, 1])]
            out[y, x, 2] = blended[np.uint64(red), np.uint64(image[y, x, 2])]


def _fill(
    received: Received, target: Image, *, sigma_s: float, sigma_r: float, shade_factor: float, blend: float
) -> None:
    counts = box_counts(received.differences, sigma_s, sigma_r)
    levels = brightness(sigma_s, shade_factor)
    _blend_color(received.image, counts, levels, blended_levels(blend), target)


color_pencil = Style(name="color_pencil", fill=_fill, working_bytes_per_px=WORKING_BYTES_PER_PX)
