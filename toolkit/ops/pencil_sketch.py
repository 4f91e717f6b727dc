"""Pencil sketch: strokes from the domain transform's edges, shaded."""

from __future__ import annotations

from typing import Any

from toolkit.contracts.operation import Kernel, Operation
from toolkit.contracts.tolerance import Tolerance
from toolkit.core.params import Param
from toolkit.images.image import Image


def _opencv(cv2: Any) -> Kernel:
    def sketch(image: Image, tone: str, sigma_s: float, sigma_r: float, shade_factor: float) -> Image:
        grey, color = cv2.pencilSketch(image, sigma_s=sigma_s, sigma_r=sigma_r, shade_factor=shade_factor)
        return color if tone == "color" else cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)

    return sketch


def _numba(_numba: Any) -> Kernel:
    from toolkit.kernels.numba import pencil_sketch

    return pencil_sketch.pencil_sketch


def _numpy(_numpy: Any) -> Kernel:
    from toolkit.kernels import reference

    return reference.pencil_sketch


OPERATION = Operation(
    name="pencil_sketch",
    summary="Pencil drawing in grey or colour (cv2.pencilSketch).",
    params=(
        Param(name="tone", default="grey", choices=("grey", "color"), help="colour of the pencil"),
        Param(name="sigma_s", default=60.0, low=1.0, high=200.0, unit="px", help="reach of the smoothing"),
        Param(
            name="sigma_r", default=0.07, low=0.01, high=1.0, help="edges weaker than this are smoothed away"
        ),
        Param(name="shade_factor", default=0.02, low=0.0, high=0.1, help="brightness of the shading"),
    ),
    kernels={"numpy": _numpy, "opencv": _opencv, "numba": _numba},
    reference="numpy",
    prefer=("numba", "opencv"),
    is_style=True,
    # OpenCV adds positions up in float32: the wider the picture, the more boxes begin one pixel off, up to 1 pixel
    # of 1000 at 12 MP.
    tolerances={"opencv": Tolerance(share=0.998, mean=0.1)},
)
