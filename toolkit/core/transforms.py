"""Pictures to a network's input and its output to pictures, as the published networks want them.

A picture is uint8 (H, W, 3) BGR; a tensor is float32 (1, C, H, W). What leads back also takes the picture that went
in: networks for the luma alone need its chroma.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from toolkit.core.image import Image

Tensor = npt.NDArray[np.float32]

# Of DIV2K, as cv2.dnn_superres takes it off for EDSR.
_MEAN_BGR = (103.1545782, 111.561547, 114.35629928)


def rgb_unit(image: Image) -> Tensor:
    """RGB in 0..1.

    >>> import numpy as np
    >>> rgb_unit(np.array([[[0, 0, 255]]], np.uint8)).ravel().tolist()
    [1.0, 0.0, 0.0]
    """
    return _tensor(image, factor=1 / 255)


def rgb_signed(image: Image) -> Tensor:
    """RGB in -1..1."""
    return _tensor(image, factor=1 / 127.5, mean=(127.5,) * 3)


def rgb_levels(image: Image) -> Tensor:
    """RGB in 0..255."""
    return _tensor(image)


def bgr_centred(image: Image) -> Tensor:
    """BGR in 0..255 less the mean of DIV2K: EDSR of ``cv2.dnn_superres``."""
    return _tensor(image, mean=_MEAN_BGR, is_rgb=False)


def luma(image: Image) -> Tensor:
    """Y of full-range YCrCb in 0..1, rounded to levels first: as ``cv2.dnn_superres``."""
    import cv2

    y = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)[..., 0]
    return y.astype(np.float32)[None, None] * np.float32(1 / 255)


def from_rgb_unit(output: Tensor, image: Image) -> Image:
    """The picture of RGB in 0..1, rounded and clipped."""
    return _picture(output[0, ::-1], factor=255)


def from_rgb_signed(output: Tensor, image: Image) -> Image:
    """The picture of RGB in -1..1."""
    return _picture(output[0, ::-1], factor=127.5, offset=(127.5,) * 3)


def from_rgb_levels(output: Tensor, image: Image) -> Image:
    """The picture of RGB in 0..255."""
    return _picture(output[0, ::-1])


def from_bgr_centred(output: Tensor, image: Image) -> Image:
    """The picture of BGR in 0..255 less the mean of DIV2K."""
    return _picture(output[0], offset=_MEAN_BGR)


def from_luma(output: Tensor, image: Image) -> Image:
    """The new luma with the picture's own chroma, enlarged bilinearly: as ``cv2.dnn_superres``, to the bit."""
    import cv2

    planes = [np.asarray(output[0, 0], np.float32)]
    size = planes[0].shape[::-1]
    # Plane by plane: two at once take another path in cv2.resize, whose last digit rounds to the other level.
    for chroma in cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb))[1:]:
        unit = chroma.astype(np.float32) * np.float32(1 / 255)
        planes.append(np.asarray(cv2.resize(unit, size, interpolation=cv2.INTER_LINEAR), np.float32))
    return np.asarray(cv2.cvtColor(_picture(planes, factor=255), cv2.COLOR_YCrCb2BGR), np.uint8)


def _tensor(
    image: Image, *, factor: float = 1.0, mean: tuple[float, ...] = (0.0,) * 3, is_rgb: bool = True
) -> Tensor:
    import cv2

    blob = cv2.dnn.blobFromImage(image, factor, mean=mean, swapRB=is_rgb)  # (value - mean) * factor
    return np.asarray(blob, np.float32)


def _picture(
    planes: Iterable[Tensor], *, factor: float = 1.0, offset: tuple[float, ...] = (0.0,) * 3
) -> Image:
    """Planes times `factor` plus `offset`, rounded and clipped to 0..255, as a picture."""
    import cv2

    levels = [
        # An absolute value is taken on the way, so what is below zero is clipped before.
        cv2.convertScaleAbs(np.maximum(plane, np.float32(-shift / factor)), alpha=factor, beta=shift)
        for plane, shift in zip(planes, offset, strict=True)
    ]
    return np.asarray(cv2.merge(levels), np.uint8)
