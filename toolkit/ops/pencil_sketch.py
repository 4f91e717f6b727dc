"""Pencil sketch: dark, shaded lines where the picture has edges, white paper where the picture is smooth."""

from __future__ import annotations

from typing import Any

from toolkit.contracts.operation import Kernel, Operation
from toolkit.core.params import Param
from toolkit.images.image import Image
from toolkit.kernels import reference
from toolkit.ops._domain_transform import PENCIL_TOLERANCES, first_boxes_halo, shade_factor, sigmas


def _opencv(cv2: Any) -> Kernel:
    def sketch(image: Image, *, tone: str, **params: float) -> Image:
        grey, color = cv2.pencilSketch(image, **params)
        return color if tone == "color" else cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)

    return sketch


def _numba(_numba: Any) -> Kernel:
    from toolkit.kernels.numba import pencil_sketch

    return pencil_sketch.pencil_sketch


OPERATION = Operation(
    name="pencil_sketch",
    summary="Pencil drawing in grey or colour (cv2.pencilSketch).",
    params=(
        Param(name="tone", default="grey", choices=("grey", "color"), help="grey or coloured pencil"),
        *sigmas(sigma_s=60.0, sigma_r=0.07),
        shade_factor(0.1),
    ),
    kernels={"numpy": lambda _numpy: reference.pencil_sketch, "opencv": _opencv, "numba": _numba},
    reference="numpy",
    prefer=("numba", "opencv"),
    halo=first_boxes_halo,
    is_style=True,
    tolerances=PENCIL_TOLERANCES,
    presets={"opencv": {"shade_factor": 0.02}, "color": {"tone": "color"}},
    former_defaults={"shade_factor": 0.02},
)
