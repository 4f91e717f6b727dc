"""Pre-step: shrink a picture until its longest side fits."""

from __future__ import annotations

from typing import Any

from toolkit.contracts.operation import Kernel, Operation, Params
from toolkit.core.params import Param
from toolkit.images.image import Image
from toolkit.images.resizing import INTERPOLATION, interpolation_flag


def _shape(height: int, width: int, params: Params) -> tuple[int, int, int]:
    ratio = min(1.0, float(params["side"]) / max(height, width))
    return max(1, round(height * ratio)), max(1, round(width * ratio)), 3


def _opencv(cv2: Any) -> Kernel:
    def shrink(image: Image, side: int, interpolation: str) -> Image:
        height, width, _ = _shape(*image.shape[:2], {"side": side})
        return cv2.resize(image, (width, height), interpolation=interpolation_flag(cv2, interpolation))  # type: ignore[no-any-return]

    return shrink


OPERATION = Operation(
    name="fit_side",
    summary="Shrink until the longest side fits; aspect kept, never enlarged.",
    params=(
        Param(name="side", default=1600, low=1, high=20_000, unit="px", scale="log", help="longest side"),
        INTERPOLATION,
    ),
    kernels={"opencv": _opencv},
    output_shape=_shape,
)
