"""Bicubic enlargement as in MATLAB (Keys 1981): the baseline of super-resolution papers."""

from __future__ import annotations

from typing import Any

import numpy as np

from toolkit.contracts.operation import Kernel, Operation, Params
from toolkit.images.image import Image
from toolkit.images.imresize import cubic, imresize
from toolkit.images.resizing import scale_param

# OpenCV rounds halves to even, MATLAB rounds halves up. Adding 1/4096 before rounding changes the result for halves
# alone, because the weighted sums are multiples of 1/1024 or coarser.
_HALVES_UP = 1 / 4096


def _numpy(_numpy: Any, scale: int) -> Kernel:
    def enlarge(image: Image) -> Image:
        height, width = image.shape[:2]
        return imresize(image, height=height * scale, width=width * scale)

    return enlarge


def _opencv(cv2: Any, scale: int) -> Kernel:
    """Filter the columns once for each phase (output row modulo `scale`), then the rows in the same way."""
    # For each of the `scale` output pixels that replace an input pixel: weights of the five nearest input pixels.
    taps = [cubic((phase + 0.5) / scale - 0.5 - np.arange(-2, 3)) for phase in range(scale)]

    def enlarge(image: Image) -> Image:
        height, width, channels = image.shape
        rows = np.empty((height * scale, width, channels), np.uint8)
        whole = np.empty((height * scale, width * scale, channels), np.uint8)
        for phase, weights in enumerate(taps):
            rows[phase::scale] = _filtered(cv2, image, weights[:, None])
        for phase, weights in enumerate(taps):
            whole[:, phase::scale] = _filtered(cv2, rows, weights[None])
        return whole

    return enlarge


def _filtered(cv2: Any, image: Image, kernel: Any) -> Image:
    return cv2.filter2D(image, -1, kernel, delta=_HALVES_UP, borderType=cv2.BORDER_REFLECT)


def _shape(height: int, width: int, params: Params) -> tuple[int, int, int]:
    scale = int(params["scale"])
    return height * scale, width * scale, 3


OPERATION = Operation(
    name="bicubic",
    summary="Bicubic enlargement as in MATLAB, the baseline of papers (Keys 1981, a = -0.5; cv2.resize has a = -0.75).",
    params=(scale_param(2, 3, 4, default=2),),
    kernels={"numpy": _numpy, "opencv": _opencv},
    reference="numpy",
    prefer=("opencv",),
    output_shape=_shape,
    halo=lambda params: 3,  # the cubic kernel reaches two pixels in each direction
    task="super-resolution",
    keeps_alpha=True,
)
