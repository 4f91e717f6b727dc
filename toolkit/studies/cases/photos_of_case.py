"""The photo of a case study at the size in the settings: cropped, or resized so that the scene fills the size."""

from __future__ import annotations

import numpy as np

from toolkit.images.image import Image
from toolkit.images.photos import at_size, photo
from toolkit.studies.cases.procedure import Settings


def photo_of(settings: Settings) -> Image:
    """The photo of the settings, cropped or mirror-tiled to ``width`` x ``height``."""
    return at_size(photo(settings["photo"]), settings["width"], settings["height"])[0]


def covering(image: Image, *, width: int, height: int) -> Image:
    """Resize a picture until it covers `width` x `height`, then crop its middle columns and upper rows (the face).

    >>> import numpy as np
    >>> covering(np.zeros((60, 40, 3), np.uint8), width=20, height=20).shape
    (20, 20, 3)
    """
    import cv2

    factor = max(width / image.shape[1], height / image.shape[0])
    wide, high = (
        max(least, round(side * factor))
        for least, side in zip((width, height), image.shape[1::-1], strict=True)
    )
    resized = cv2.resize(image, (wide, high), interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    top, left = (high - height) // 16, (wide - width) // 2
    return np.ascontiguousarray(resized[top : top + height, left : left + width])


def size_text(settings: Settings) -> str:
    """The size of the photo in the settings as text: ``4032 x 3024 px``."""
    return f"{settings['width']} x {settings['height']} px"
