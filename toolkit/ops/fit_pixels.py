"""Pre-step: shrink a picture to at most so many pixels."""

from __future__ import annotations

import math
from typing import Any

from toolkit.contracts.operation import Kernel, Operation, Params
from toolkit.core.params import Param
from toolkit.images.image import Image
from toolkit.images.resizing import INTERPOLATION, interpolation_flag


def _shape(height: int, width: int, params: Params) -> tuple[int, int, int]:
    pixels = int(params["pixels"])
    ratio = min(1.0, math.sqrt(pixels / (height * width)))
    rows = min(max(1, int(height * ratio)), pixels)
    return rows, min(max(1, int(width * ratio)), pixels // rows), 3


def _opencv(cv2: Any) -> Kernel:
    def shrink(image: Image, pixels: int, interpolation: str) -> Image:
        height, width, _ = _shape(*image.shape[:2], {"pixels": pixels})
        return cv2.resize(image, (width, height), interpolation=interpolation_flag(cv2, interpolation))  # type: ignore[no-any-return]

    return shrink


OPERATION = Operation(
    name="fit_pixels",
    summary="Shrink to at most so many pixels; aspect kept, never enlarged.",
    params=(
        Param(
            name="pixels",
            default=2_000_000,
            low=1,
            high=400_000_000,
            unit="px",
            scale="log",
            help="most pixels",
        ),
        INTERPOLATION,
    ),
    kernels={"opencv": _opencv},
    output_shape=_shape,
)
