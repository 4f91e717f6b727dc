"""Detail enhancement: the difference between a picture and its edge-preserving smoothing, amplified."""

from __future__ import annotations

from typing import Any

from toolkit.contracts.operation import Kernel, Operation
from toolkit.contracts.tolerance import Tolerance
from toolkit.core.params import Param
from toolkit.kernels import reference
from toolkit.ops._domain_transform import feedback_halo


def _numba(_numba: Any) -> Kernel:
    from toolkit.kernels.numba import detail_enhance

    return detail_enhance.detail_enhance


OPERATION = Operation(
    name="detail_enhance",
    summary="Amplified fine detail (cv2.detailEnhance).",
    params=(
        Param(
            name="sigma_s",
            default=10.0,
            low=1.0,
            high=200.0,
            unit="px",
            help="largest size of details that become stronger",
        ),
        Param(
            name="sigma_r",
            default=0.15,
            low=0.01,
            high=1.0,
            help="largest contrast of details that become stronger",
        ),
    ),
    kernels={
        "numpy": lambda _numpy: reference.detail_enhance,
        "opencv": lambda cv2: cv2.detailEnhance,
        "numba": _numba,
    },
    reference="numpy",
    halo=feedback_halo,
    prefer=("numba", "opencv"),
    presets={"gentle": {"sigma_r": 0.08}},
    # OpenCV rounds every pixel twice, to 8-bit Lab and back to BGR, so its output may differ from the reference.
    tolerances={"opencv": Tolerance(levels=2, mean=1.0)},
)
