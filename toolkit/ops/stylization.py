"""Stylization (watercolour): the picture is smoothed inside its edges, and the edges are darkened."""

from __future__ import annotations

from typing import Any

from toolkit.contracts.operation import Kernel, Operation
from toolkit.kernels import reference
from toolkit.ops._domain_transform import boxes_halo, float32_index_limit, sigmas


def _numba(_numba: Any) -> Kernel:
    from toolkit.kernels.numba import stylization

    return stylization.stylization


OPERATION = Operation(
    name="stylization",
    summary="Watercolour (cv2.stylization; Gastal & Oliveira 2011, normalised convolution).",
    params=sigmas(sigma_s=60.0, sigma_r=0.45),
    kernels={
        "numpy": lambda _numpy: reference.stylization,
        "opencv": lambda cv2: cv2.stylization,
        "numba": _numba,
    },
    reference="numpy",
    prefer=("numba", "opencv"),
    size_limits={"opencv": float32_index_limit("cv2.stylization")},
    halo=lambda params: boxes_halo(params) + 1,  # the 3x3 derivative after the box filters adds 1 px
    is_style=True,
    # A higher sigma_r makes the drawn lines weaker; with the default sigma_r, fine texture becomes black.
    presets={"soft": {"sigma_s": 60.0, "sigma_r": 1.0}},
)
