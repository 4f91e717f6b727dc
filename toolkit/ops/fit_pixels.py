"""A pre-step (operation before the main operation): shrink a picture to at most a given number of pixels."""

from __future__ import annotations

import math

from toolkit.contracts.operation import Operation, Params
from toolkit.core.params import Param
from toolkit.images.resizing import INTERPOLATION, resizer


def _shape(height: int, width: int, params: Params) -> tuple[int, int, int]:
    pixels = int(params["pixels"])
    ratio = min(1.0, math.sqrt(pixels / (height * width)))
    rows = min(max(1, int(height * ratio)), pixels)
    return rows, min(max(1, int(width * ratio)), pixels // rows), 3


OPERATION = Operation(
    name="fit_pixels",
    summary="Shrink a picture to at most a given number of pixels; keeps the aspect ratio, never enlarges.",
    params=(
        Param(
            name="pixels",
            default=2_000_000,
            low=1,
            high=400_000_000,
            unit="px",
            scale="log",
            help="largest number of pixels of the output",
        ),
        INTERPOLATION,
    ),
    kernels={"opencv": resizer(_shape)},
    output_shape=_shape,
    keeps_alpha=True,
)
