"""Encode BGR arrays as picture files: the limits of each format, and the quality at which it is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import invalid


@dataclass(frozen=True)
class _Format:
    name: str
    max_side_px: int
    has_alpha: bool


_JPEG, _TIFF = _Format("JPEG", 65_500, has_alpha=False), _Format("TIFF", 1 << 20, has_alpha=True)
_FORMATS = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".png": _Format("PNG", 1 << 20, has_alpha=True),
    ".webp": _Format("WebP", 16_383, has_alpha=True),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".bmp": _Format("BMP", 1 << 20, has_alpha=False),
}

SUFFIXES: tuple[str, ...] = tuple(_FORMATS)
"""Suffixes of the five formats that can be read and written."""


def holds(suffix: str, channels: int) -> bool:
    """Whether a file with this suffix can hold a picture of 1, 3 or 4 channels.

    >>> holds(".jpg", 3), holds(".jpg", 4), holds(".heic", 3)
    (True, False, False)
    """
    form = _FORMATS.get(suffix)
    return form is not None and (channels < 4 or form.has_alpha)


def encode(image: npt.NDArray[np.uint8], suffix: str) -> bytes:
    """The content of a picture file, in memory: an encoder that fails leaves no file behind.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 1 | 3 | 4): grey, BGR, BGRA
    suffix : str
        One of `SUFFIXES`.

    Raises
    ------
    InvalidValue
        The picture has alpha and the format has not, or the picture is too wide or high for the format.
    """
    import cv2

    form = _FORMATS[suffix]
    height, width, channels = image.shape
    if channels == 4 and not form.has_alpha:
        hint = "Save as .png, or drop the alpha with image[..., :3]."
        raise invalid(
            "image", f"save to {form.name}", "grey or BGR, as the format has no alpha", "BGRA", hint
        )
    if max(height, width) > form.max_side_px:
        constraint = f"at most {form.max_side_px} pixels wide and high"
        raise invalid("image", f"save to {form.name}", constraint, f"{width} x {height}", "Save as .png.")
    full_chroma = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
    options = {"JPEG": [cv2.IMWRITE_JPEG_QUALITY, 95, *full_chroma], "WebP": [cv2.IMWRITE_WEBP_QUALITY, 95]}
    if form.name == "WebP" and channels == 1:
        image = np.repeat(image, 3, axis=2)
    return cv2.imencode(suffix, image, options.get(form.name, []))[1].tobytes()
