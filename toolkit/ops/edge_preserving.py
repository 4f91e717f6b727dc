"""Edge-preserving smoothing by the domain transform, with OpenCV's two filters."""

from __future__ import annotations

from typing import Any

from toolkit.contracts.operation import Kernel, Operation, Params
from toolkit.core.params import Param
from toolkit.images.image import Image
from toolkit.kernels import reference
from toolkit.ops._domain_transform import boxes_halo, feedback_halo, float32_index_limit, sigmas

_normalised_limit = float32_index_limit("cv2.edgePreservingFilter with NORMCONV_FILTER")


def _limit(height: int, width: int, params: Params) -> str:
    return _normalised_limit(height, width, params) if params["flags"] == "NORMCONV_FILTER" else ""


def _halo(params: Params) -> int:
    return boxes_halo(params) if params["flags"] == "NORMCONV_FILTER" else feedback_halo(params)


def _opencv(cv2: Any) -> Kernel:
    def smooth(image: Image, *, flags: str, **params: float) -> Image:
        return cv2.edgePreservingFilter(image, flags=getattr(cv2, flags), **params)

    return smooth


def _numba(_numba: Any) -> Kernel:
    from toolkit.kernels.numba import edge_preserving

    return edge_preserving.edge_preserving


OPERATION = Operation(
    name="edge_preserving",
    summary="Edge-preserving smoothing (cv2.edgePreservingFilter; Gastal & Oliveira 2011).",
    params=(
        Param(
            name="flags",
            default="RECURS_FILTER",
            choices=("RECURS_FILTER", "NORMCONV_FILTER"),
            help="the filter: recursive filter or normalised convolution",
        ),
        *sigmas(sigma_s=60.0, sigma_r=0.2),
    ),
    kernels={"numpy": lambda _numpy: reference.edge_preserving, "opencv": _opencv, "numba": _numba},
    reference="numpy",
    prefer=("numba", "opencv"),
    size_limits={"opencv": _limit},
    halo=_halo,
    presets={"opencv": {"sigma_r": 0.4}, "light": {"sigma_r": 0.1}},
    former_defaults={"sigma_r": 0.4},
)
