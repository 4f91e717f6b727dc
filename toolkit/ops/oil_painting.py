"""Oil painting: each pixel takes the mean colour of the commonest brightness around it."""

from __future__ import annotations

from typing import Any

from toolkit.contracts.operation import Kernel, Operation
from toolkit.core.params import Param
from toolkit.images.image import Image


def _opencv(cv2: Any) -> Kernel:
    def paint(image: Image, size: int, dynRatio: int) -> Image:  # noqa: N803 - OpenCV's own name
        return cv2.xphoto.oilPainting(image, size, dynRatio)  # type: ignore[no-any-return]

    return paint


def _numba(_numba: Any) -> Kernel:
    from toolkit.kernels.numba import oil_painting

    return oil_painting.oil_painting


def _numpy(_numpy: Any) -> Kernel:
    from toolkit.kernels import reference

    return reference.oil_painting


OPERATION = Operation(
    name="oil_painting",
    summary="Oil painting (cv2.xphoto.oilPainting; Holzmann 1988).",
    params=(
        Param(name="size", default=7, low=1, high=50, unit="px", help="half window: 2 size + 1 pixels wide"),
        Param(name="dynRatio", default=8, low=1, high=127, help="grey levels that share one histogram bin"),
    ),
    kernels={"numpy": _numpy, "opencv": _opencv, "numba": _numba},
    reference="numpy",
    prefer=("numba", "opencv"),
    is_style=True,
)
