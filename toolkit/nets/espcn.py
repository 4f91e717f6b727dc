"""ESPCN (Shi et al., CVPR 2016) as OpenCV's dnn_superres publishes it.

The network in the paper on ESPCN has tanh between its layers and no activation at the end. The published graphs
(fannymonori/TF-ESPCN) and this module have ReLU between the layers and tanh at the end.

The published weights reach a PSNR on Y of 34.76 / 30.53 / 28.38 dB for Set5 at x2 / x3 / x4 (35.91 dB at x2 if
``cv2.resize`` shrank the pictures). `toolkit.nets.fsrcnn` explains why the PSNR of ESPCN is lower than in its paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from toolkit.nets.signal import Signal


class ESPCN(nn.Module):
    """The network ESPCN: three convolutions at low resolution and a sub-pixel shuffle.

    The input is (N, 1, H, W), luma 0..1; the output is (N, 1, scale H, scale W).
    """

    signal: ClassVar[Signal] = Signal(low=0.0, high=1.0, mean=0.6, spread=0.3)

    def __init__(self, *, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.conv1 = nn.Conv2d(1, 64, 5, padding=2)
        self.conv2 = nn.Conv2d(64, 32, 3, padding=1)
        self.conv3 = nn.Conv2d(32, scale**2, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        return torch.tanh(F.pixel_shuffle(self.conv3(x), self.scale))


build = ESPCN


def state_from(published: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The state dict from the layers of a .pb file: ``conv1``, ``add``, ``conv2``, ``add_1``, ``conv3``, ``add_2``."""
    convs, biases = (
        [blob for name, blob in published.items() if name.startswith(kind)] for kind in ("conv", "add")
    )
    state = {f"conv{i}.weight": blob for i, blob in enumerate(convs, 1)}
    return state | {f"conv{i}.bias": blob.ravel() for i, blob in enumerate(biases, 1)}
