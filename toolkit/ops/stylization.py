"""Stylization (watercolour): smoothed inside edges, edges drawn in."""

from __future__ import annotations

from typing import Any

from toolkit.contracts.operation import Kernel, Operation, float32_index_limit
from toolkit.core.params import Param
from toolkit.images.image import Image


def _opencv(cv2: Any) -> Kernel:
    def stylize(image: Image, sigma_s: float, sigma_r: float) -> Image:
        return cv2.stylization(image, sigma_s=sigma_s, sigma_r=sigma_r)  # type: ignore[no-any-return]

    return stylize


def _numba(_numba: Any) -> Kernel:
    from toolkit.kernels.numba import stylization

    return stylization.stylization


def _numpy(_numpy: Any) -> Kernel:
    from toolkit.kernels import reference

    return reference.stylization


OPERATION = Operation(
    name="stylization",
    summary="Watercolour (cv2.stylization; Gastal & Oliveira 2011, normalised convolution).",
    params=(
        Param(name="sigma_s", default=60.0, low=1.0, high=200.0, unit="px", help="reach of the smoothing"),
        Param(
            name="sigma_r", default=0.45, low=0.01, high=1.0, help="edges weaker than this are smoothed away"
        ),
    ),
    kernels={"numpy": _numpy, "opencv": _opencv, "numba": _numba},
    reference="numpy",
    prefer=("numba", "opencv"),
    size_limits={"opencv": float32_index_limit("cv2.stylization")},
    is_style=True,
)
