"""A workload whose time can be planted: so many equal units of arithmetic. Loaded as a plug-in by the calibration."""

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
    summary="So many equal units of arithmetic; the picture is only copied.",
    params=(Param(name="units", default=10_000, low=1, high=10_000_000, help="equal pieces of work"),),
    kernels={"opencv": _numpy_loop},
)
