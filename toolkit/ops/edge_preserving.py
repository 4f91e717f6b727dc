"""Edge-preserving smoothing by the domain transform, OpenCV's two filters."""

from __future__ import annotations

from typing import Any

from toolkit.contracts.operation import Kernel, Operation, Params, float32_index_limit
from toolkit.core.params import Param
from toolkit.images.image import Image

_normalised_limit = float32_index_limit("cv2.edgePreservingFilter with NORMCONV_FILTER")


def _limit(height: int, width: int, params: Params) -> str:
    return _normalised_limit(height, width, params) if params["flags"] == "NORMCONV_FILTER" else ""


def _opencv(cv2: Any) -> Kernel:
    flag = {"RECURS_FILTER": cv2.RECURS_FILTER, "NORMCONV_FILTER": cv2.NORMCONV_FILTER}

    def smooth(image: Image, flags: str, sigma_s: float, sigma_r: float) -> Image:
        return cv2.edgePreservingFilter(image, flags=flag[flags], sigma_s=sigma_s, sigma_r=sigma_r)  # type: ignore[no-any-return]

    return smooth


def _numba(_numba: Any) -> Kernel:
    from toolkit.kernels.numba import edge_preserving

    return edge_preserving.edge_preserving


def _numpy(_numpy: Any) -> Kernel:
    from toolkit.kernels import reference

    return reference.edge_preserving


OPERATION = Operation(
    name="edge_preserving",
    summary="Edge-preserving smoothing (cv2.edgePreservingFilter; Gastal & Oliveira 2011).",
    params=(
        Param(
            name="flags",
            default="RECURS_FILTER",
            choices=("RECURS_FILTER", "NORMCONV_FILTER"),
            help="recursive or normalised convolution",
        ),
        Param(name="sigma_s", default=60.0, low=1.0, high=200.0, unit="px", help="reach of the smoothing"),
        Param(
            name="sigma_r", default=0.4, low=0.01, high=1.0, help="edges weaker than this are smoothed away"
        ),
    ),
    kernels={"numpy": _numpy, "opencv": _opencv, "numba": _numba},
    reference="numpy",
    prefer=("numba", "opencv"),
    size_limits={"opencv": _limit},
)
