"""Oil painting: each pixel takes the mean colour of the commonest brightness around it."""

from __future__ import annotations

from typing import Any

from toolkit.contracts.operation import Kernel, Operation
from toolkit.core.params import Param, ShareOfSide
from toolkit.kernels import reference


def _numba(_numba: Any) -> Kernel:
    from toolkit.kernels.numba import oil_painting

    return oil_painting.oil_painting


OPERATION = Operation(
    name="oil_painting",
    summary="Oil painting (cv2.xphoto.oilPainting; Holzmann 1988).",
    params=(
        Param(
            name="size", default=7, low=1, high=50, unit="px", help="the window has sides of 2 size + 1 px"
        ),
        Param(
            name="dynRatio",
            default=8,
            low=1,
            high=127,
            help="number of grey levels in one bin of the brightness histogram",
        ),
    ),
    kernels={
        "numpy": lambda _numpy: reference.oil_painting,
        "opencv": lambda cv2: cv2.xphoto.oilPainting,
        "numba": _numba,
    },
    reference="numpy",
    prefer=("numba", "opencv"),
    halo=lambda params: int(params["size"]),
    is_style=True,
    presets={"fine": {"size": ShareOfSide(0.005)}, "broad": {"size": ShareOfSide(0.012)}},
)
