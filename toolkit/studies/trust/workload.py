"""An operation with a known amount of work: equal units of arithmetic. The calibration loads this file as a plug-in."""

from __future__ import annotations

from typing import Any

import numpy as np

from toolkit.contracts.operation import Kernel, Operation
from toolkit.core.params import Param
from toolkit.images.image import Image


def _numpy_loop(_cv2: Any) -> Kernel:
    values = np.linspace(0.0, 1.0, 4096, dtype=np.float32)
    out = np.empty_like(values)

    def work(image: Image, units: int) -> Image:
        for _ in range(units):
            np.sqrt(values, out=out)
        return image.copy()

    return work


OPERATION = Operation(
    name="workload",
    summary="Do a given number of equal units of arithmetic, and copy the picture.",
    params=(
        Param(name="units", default=10_000, low=1, high=10_000_000, help="number of equal pieces of work"),
    ),
    kernels={"opencv": _numpy_loop},
)
