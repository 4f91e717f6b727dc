"""Shrink a picture to fit on a page, and encode a picture as JPEG."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image as pillow

from toolkit.images.image import Image, check

Shown = pillow.Image
"""A Pillow picture, RGB."""

JPEG_QUALITY = 88


def shrunk(image: Image, side_px: int) -> Shown:
    """Shrink a picture until its longest side is at most `side_px`; transparent pixels become white."""
    image = check(image, "a shown picture", channels=(1, 3, 4))
    if image.shape[2] == 1:
        picture = pillow.fromarray(image[..., 0]).convert("RGB")
    elif image.shape[2] == 3:
        picture = pillow.fromarray(np.ascontiguousarray(image[..., ::-1]))
    else:
        rgba = pillow.fromarray(np.ascontiguousarray(image[..., [2, 1, 0, 3]]))
        white = pillow.new("RGBA", rgba.size, "white")
        picture = pillow.alpha_composite(white, rgba).convert("RGB")
    scale = side_px / max(picture.size)
    if scale < 1:
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, pillow.Resampling.LANCZOS, reducing_gap=3.0)
    return picture


def jpeg_of(picture: Shown) -> bytes:
    """The picture as JPEG with `JPEG_QUALITY`."""
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=JPEG_QUALITY)
    return target.getvalue()
