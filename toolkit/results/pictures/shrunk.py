"""A picture made small enough for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from toolkit.images.image import Image, check

if TYPE_CHECKING:
    from PIL.Image import Image as Shown


def shrunk(image: Image, side_px: int) -> Shown:
    """A Pillow picture, RGB, its longest side at most `side_px`; alpha over white."""
    from PIL import Image as pillow

    image = check(image, "a shown picture", channels=(1, 3, 4))
    if image.shape[2] == 1:
        picture: Any = pillow.fromarray(image[..., 0]).convert("RGB")
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
    return picture  # type: ignore[no-any-return]
