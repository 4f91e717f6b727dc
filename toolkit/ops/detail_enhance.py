"""Detail enhancement: the fine layer above an edge-preserving smoothing, amplified."""

from __future__ import annotations

from typing import Any

from toolkit.contracts.operation import Kernel, Operation
from toolkit.contracts.tolerance import Tolerance
from toolkit.core.params import Param
from toolkit.images.image import Image


def _opencv(cv2: Any) -> Kernel:
    def enhance(image: Image, sigma_s: float, sigma_r: float) -> Image:
        return cv2.detailEnhance(image, sigma_s=sigma_s, sigma_r=sigma_r)  # type: ignore[no-any-return]

    return enhance


def _numba(_numba: Any) -> Kernel:
    from toolkit.kernels.numba import detail_enhance

    return detail_enhance.detail_enhance


def _numpy(_numpy: Any) -> Kernel:
    from toolkit.kernels import reference

    return reference.detail_enhance


OPERATION = Operation(
    name="detail_enhance",
    summary="Amplified fine detail (cv2.detailEnhance).",
    params=(
        Param(name="sigma_s", default=10.0, low=1.0, high=200.0, unit="px", help="size of the detail"),
        Param(name="sigma_r", default=0.15, low=0.01, high=1.0, help="contrast of the detail"),
    ),
    kernels={"numpy": _numpy, "opencv": _opencv, "numba": _numba},
    reference="numpy",
    prefer=("numba", "opencv"),
    tolerances={"opencv": Tolerance(levels=2, mean=1.0)},  # its 8-bit Lab rounds each way, at every pixel
)
