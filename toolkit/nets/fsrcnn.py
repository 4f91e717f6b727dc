"""FSRCNN (Dong, Loy & Tang, ECCV 2016) as OpenCV's dnn_superres publishes it.

The paper ends in a 9 x 9 transposed convolution. The published graphs (Saafke/FSRCNN_Tensorflow) end in a 1 x 1
convolution to ``scale**2`` channels, a sub-pixel shuffle and one bias; so does this module.

Why the published weights stay 2.3 to 2.6 dB under the paper on Set5 (PSNR on Y, x2 / x3 / x4: 34.85 / 30.59 /
28.40 dB against 37.00 / 33.16 / 30.71; ESPCN likewise):

* Not the importer: this module gives the same pictures as ``cv2.dnn_superres`` to a rounding, and no sub-pixel shift
  of its output is nearer to the truth.
* The degradation: the training script shrinks with ``cv2.resize(..., INTER_CUBIC)``, which aliases; the papers
  shrink with MATLAB's antialiased ``imresize``. On antialiased pictures the net sharpens too much: one linear
  5 x 5 filter behind it regains 0.8 dB. On input that was shrunk as in its training it gains 1.3 dB over bicubic at
  x2 and 0.9 dB at x3; on the papers' input 1.2 and 0.2 dB.
* The weights: the rest, also on the input of their training; probably because the script trains on zero-padded
  patches of 10, 7 and 6 px (x2, x3, x4), while the net looks at 13 px, so that most of what it saw was padding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from toolkit.nets.signal import UNIT, Signal


class FSRCNN(nn.Module):
    """Features, shrinking, mapping, expanding, sub-pixel shuffle; all at low resolution.

    Parameters
    ----------
    scale : {2, 3, 4}
    features, shrunk, mappings : int
        The paper's d, s and m: (56, 12, 4), and (32, 5, 1) for FSRCNN-small.

    Input (N, 1, H, W) luma 0..1; output (N, 1, scale H, scale W).
    """

    signal: ClassVar[Signal] = UNIT

    def __init__(self, *, scale: int, features: int, shrunk: int, mappings: int) -> None:
        super().__init__()
        widths = [features, shrunk, *[shrunk] * mappings, features]
        kernels = [5, 1, *[3] * mappings, 1]
        self.scale = scale
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, kernel, padding=kernel // 2)
            for before, after, kernel in zip([1, *widths], widths, kernels, strict=False)
        )
        self.slopes = nn.ModuleList(nn.PReLU(width) for width in widths)
        self.up = nn.Conv2d(features, scale**2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for conv, slope in zip(self.convs, self.slopes, strict=True):
            x = slope(conv(x))
        return F.pixel_shuffle(self.up(x), self.scale)


def build(*, scale: int, small: bool = False) -> FSRCNN:
    """FSRCNN, or FSRCNN-small."""
    features, shrunk, mappings = (32, 5, 1) if small else (56, 12, 4)
    return FSRCNN(scale=scale, features=features, shrunk=shrunk, mappings=mappings)


def state_from(published: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """State dict from the layers of a .pb file.

    Every layer but the last is ``conv``, ``add`` (bias) and ``mul`` (the slope of ``alpha min(x, 0)``, written
    there as ``alpha (x - |x|) / 2``). The last is a convolution and, behind the shuffle, one number for all pixels.
    """
    convs, biases, slopes = (
        [blob for name, blob in published.items() if name.startswith(kind)] for kind in ("conv", "add", "mul")
    )
    names = [*(f"convs.{i}" for i in range(len(convs) - 1)), "up"]
    state = {f"{name}.weight": blob for name, blob in zip(names, convs, strict=False)}
    state |= {f"convs.{i}.bias": blob.ravel() for i, blob in enumerate(biases)}
    state |= {f"slopes.{i}.weight": blob.ravel() for i, blob in enumerate(slopes)}
    if "NHWC_output" in published:
        state["up.bias"] = np.repeat(published["NHWC_output"], len(convs[-1]))
    return state
