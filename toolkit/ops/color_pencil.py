"""Colour pencil: a strong colour sketch laid over the photo."""

from __future__ import annotations

from typing import Any

from toolkit.contracts.operation import Kernel, Operation
from toolkit.contracts.tolerance import Tolerance
from toolkit.core.params import Param
from toolkit.images.image import Image


def _opencv(cv2: Any) -> Kernel:
    def draw(image: Image, sigma_s: float, sigma_r: float, shade_factor: float, blend: float) -> Image:
        _, color = cv2.pencilSketch(image, sigma_s=sigma_s, sigma_r=sigma_r, shade_factor=shade_factor)
        return cv2.addWeighted(color, blend, image, 1 - blend, 0)  # type: ignore[no-any-return]

    return draw


def _numba(_numba: Any) -> Kernel:
    from toolkit.kernels.numba import color_pencil

    return color_pencil.color_pencil


def _numpy(_numpy: Any) -> Kernel:
    from toolkit.kernels import reference

    return reference.color_pencil


OPERATION = Operation(
    name="color_pencil",
    summary="Colour pencil sketch (cv2.pencilSketch) blended with the photo.",
    params=(
        Param(name="sigma_s", default=40.0, low=1.0, high=200.0, unit="px", help="reach of the smoothing"),
        Param(
            name="sigma_r", default=0.1, low=0.01, high=1.0, help="edges weaker than this are smoothed away"
        ),
        Param(name="shade_factor", default=0.1, low=0.0, high=0.1, help="brightness of the shading"),
        Param(
            name="blend", default=0.7, low=0.0, high=1.0, help="share of the sketch; the rest is the photo"
        ),
    ),
    kernels={"numpy": _numpy, "opencv": _opencv, "numba": _numba},
    reference="numpy",
    prefer=("numba", "opencv"),
    is_style=True,
    # OpenCV adds positions up in float32: the wider the picture, the more boxes begin one pixel off, up to 1 pixel
    # of 1000 at 12 MP.
    tolerances={"opencv": Tolerance(share=0.998, mean=0.1)},
)
