"""Colour pencil: a colour pencil sketch of a photo, blended with the photo."""

from __future__ import annotations

from typing import Any

from toolkit.contracts.operation import Kernel, Operation
from toolkit.core.params import Param
from toolkit.images.image import Image
from toolkit.kernels import reference
from toolkit.ops._domain_transform import PENCIL_TOLERANCES, first_boxes_halo, shade_factor, sigmas


def _opencv(cv2: Any) -> Kernel:
    def draw(image: Image, *, blend: float, **params: float) -> Image:
        _, color = cv2.pencilSketch(image, **params)
        return cv2.addWeighted(color, blend, image, 1 - blend, 0)

    return draw


def _numba(_numba: Any) -> Kernel:
    from toolkit.kernels.numba import color_pencil

    return color_pencil.color_pencil


OPERATION = Operation(
    name="color_pencil",
    summary="Colour pencil sketch (cv2.pencilSketch) blended with the photo.",
    params=(
        *sigmas(sigma_s=40.0, sigma_r=0.1),
        shade_factor(0.1),
        Param(
            name="blend",
            default=0.7,
            low=0.0,
            high=1.0,
            help="weight of the sketch in the blend with the photo",
        ),
    ),
    kernels={"numpy": lambda _numpy: reference.color_pencil, "opencv": _opencv, "numba": _numba},
    reference="numpy",
    prefer=("numba", "opencv"),
    halo=first_boxes_halo,
    is_style=True,
    tolerances=PENCIL_TOLERANCES,
    # The preset "paper" is not blended with the photo, because blending would lay a grey veil over dark parts.
    presets={"paper": {"sigma_s": 20.0, "sigma_r": 0.05, "blend": 1.0}},
)
