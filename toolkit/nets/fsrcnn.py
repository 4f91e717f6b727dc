"""FSRCNN (Dong, Loy & Tang, ECCV 2016) as OpenCV's dnn_superres publishes it.

The network in the paper on FSRCNN ends in a 9 x 9 transposed convolution. The published graphs
(Saafke/FSRCNN_Tensorflow) and this module end in a 1 x 1 convolution to ``scale**2`` channels, a sub-pixel shuffle
and one bias.

With the published weights the PSNR on Y for Set5 at x2 / x3 / x4 is 34.85 / 30.59 / 28.40 dB, 2.2 to 2.6 dB less
than the 37.00 / 33.16 / 30.71 dB in the paper on FSRCNN. The PSNR of ESPCN is below its paper's PSNR by a similar
amount. Possible causes:

* The importer is not the cause: up to rounding, this module gives the same pictures as ``cv2.dnn_superres``, and no
  sub-pixel shift of its output improves the PSNR.
* The degradation is a cause: the training script shrinks with ``cv2.resize(..., INTER_CUBIC)``, which aliases; papers
  shrink with MATLAB's antialiased ``imresize``. The network sharpens antialiased pictures too much: a linear 5 x 5
  filter after the network adds 0.8 dB. On input that was shrunk as in training, the PSNR of the network exceeds that
  of bicubic enlargement by 1.3 dB at x2 and 0.9 dB at x3; on the papers' input by 1.2 dB at x2 and 0.2 dB at x3.
* The weights are a cause: even on input that was shrunk as in training, the PSNR stays below that in the paper. The
  reason is probably that the training script uses zero-padded patches of 10, 7 and 6 px (x2, x3, x4), smaller than the
  13 px that influence one output pixel: most of the training input was padding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from toolkit.nets.signal import Signal


class FSRCNN(nn.Module):
    """Convolutions that extract, shrink, map and expand features at low resolution, then a sub-pixel shuffle.

    Parameters
    ----------
    scale : {2, 3, 4}
        Output side divided by input side.
    features, shrunk, mappings : int
        The numbers d, s and m of the paper on FSRCNN: 56, 12 and 4 for FSRCNN; 32, 5 and 1 for FSRCNN-small.

    The input is (N, 1, H, W), luma 0..1; the output is (N, 1, scale H, scale W).
    """

    signal: ClassVar[Signal] = Signal(low=0.0, high=1.0, mean=0.5, spread=0.2)

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
    """The network FSRCNN, or FSRCNN-small if `small` is true."""
    features, shrunk, mappings = (32, 5, 1) if small else (56, 12, 4)
    return FSRCNN(scale=scale, features=features, shrunk=shrunk, mappings=mappings)


def state_from(published: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The state dict, made of the layers of a .pb file.

    Every stage but the last has a ``conv``, an ``add`` (the bias) and a ``mul`` (the slope alpha of PReLU, which the
    graph computes as ``alpha (x - |x|) / 2``). The last stage is a ``conv`` and one bias for all pixels.
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
