"""Colour pencil: the colour pencil sketch laid over the photo.

``blend * sketch + (1 - blend) * photo``, rounded to the nearest level as ``cv2.addWeighted`` does it.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from toolkit.images.image import Image
from toolkit.kernels import picture
from toolkit.kernels.numba.domain_transform import differences
from toolkit.kernels.numba.pencil_sketch import (
    WORKING_BYTES_PER_PX,
    box_counts,
    brightness,
    check_parameters,
    color_of,
)

OWNER = "color_pencil"


def blended_levels(blend: float) -> np.ndarray:
    """Result for each level of the sketch (row) over each level of the photo (column), uint8 (256, 256).

    One level in ten of the default blend lies halfway, so the arithmetic is that of ``cv2.addWeighted``: float32
    weights, the photo's product rounded to float32, the sketch's added to it in one rounding.
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


def fill(
    image: Image,
    planes: tuple,
    target: Image,
    *,
    sigma_s: float,
    sigma_r: float,
    shade_factor: float,
    blend: float,
) -> None:
    """Draw a checked picture, whose `differences` are known, into `target`."""
    counts = box_counts(planes, sigma_s, sigma_r)
    _blend_color(image, counts, brightness(sigma_s, shade_factor), blended_levels(blend), target)


def color_pencil(
    image: Image,
    sigma_s: float = 40.0,
    sigma_r: float = 0.1,
    shade_factor: float = 0.1,
    blend: float = 0.7,
    *,
    out: Image | None = None,
) -> Image:
    """Colour pencil sketch blended with the photo.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        BGR; never written to.
    sigma_s, sigma_r, shade_factor : float
        As in `pencil_sketch`: 1..200 px, 0.01..1, 0..0.1.
    blend : float
        Share of the sketch, 0..1; the rest is the photo.
    out : ndarray of uint8, shape (H, W, 3), optional
        Where to write.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)

    Raises
    ------
    InvalidValue
        A parameter out of its range, no picture, or one too large for the memory that is free.

    Examples
    --------
    >>> color_pencil(np.full((9, 9, 3), 90, np.uint8))[4, 4].tolist()  # white paper, 0.7 * 255 + 0.3 * 90
    [206, 206, 206]
    """
    check_parameters(OWNER, sigma_s=sigma_s, sigma_r=sigma_r, shade_factor=shade_factor)
    picture.check_range(blend, "blend", OWNER, low=0, high=1)
    image = picture.receive(image, OWNER, working_bytes_per_px=WORKING_BYTES_PER_PX)
    target = picture.target_for(out, image, OWNER)
    fill(
        image,
        differences(image),
        target,
        sigma_s=sigma_s,
        sigma_r=sigma_r,
        shade_factor=shade_factor,
        blend=blend,
    )
    return picture.deliver(target, out)
