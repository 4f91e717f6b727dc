"""EDSR (Lim et al., CVPRW 2017), in the sizes of OpenCV's and MLCommons' published weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from toolkit.nets.signal import Signal


class _Residual(nn.Module):
    def __init__(self, filters: int, residual_scale: float) -> None:
        super().__init__()
        self.residual_scale = residual_scale
        self.conv1 = nn.Conv2d(filters, filters, 3, padding=1)
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        change = self.conv2(F.relu(self.conv1(x)))
        # A multiplication by one is left out here, because some runtimes would spend time on it.
        return x + (change if self.residual_scale == 1 else change * self.residual_scale)


class EDSR(nn.Module):
    """The network EDSR: residual blocks without normalisation, then a sub-pixel convolution, for each scale.

    Parameters
    ----------
    scale : {2, 3, 4}
        Output side divided by input side.
    blocks, filters : int
        Number of blocks and of filters: 32 and 256 in OpenCV's EDSR, 5 and 64 in MLCommons' mobile EDSR.
    residual_scale : float
        Factor of each residual: 0.1 in OpenCV's EDSR, 1 in the mobile EDSR.

    Input (N, 3, H, W) and output (N, 3, scale H, scale W) are levels 0..255, or levels minus the mean of the data set,
    which the module does not subtract. The channel order depends on the weights: BGR for OpenCV's weights, RGB for the
    weights of the mobile EDSR.
    """

    signal: ClassVar[Signal] = Signal(low=0.0, high=255.0, mean=127.5, spread=50.0)

    def __init__(
        self, *, scale: int, blocks: int = 32, filters: int = 256, residual_scale: float = 0.1
    ) -> None:
        super().__init__()
        self.scale = scale
        self.head = nn.Conv2d(3, filters, 3, padding=1)
        self.body = nn.ModuleList(_Residual(filters, residual_scale) for _ in range(blocks))
        self.body_tail = nn.Conv2d(filters, filters, 3, padding=1)
        self.up = nn.Conv2d(filters, 3 * scale**2, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        start = x = self.head(x)
        for block in self.body:
            x = block(x)
        return F.pixel_shuffle(self.up(self.body_tail(x) + start), self.scale)


build = EDSR
"""The class of the network; its default arguments give OpenCV's EDSR_x2, EDSR_x3 and EDSR_x4."""


def state_from(published: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The state dict from published tensors: named as in the state dict, or layers of a .pb or .tflite file in order.

    All published files come from TensorFlow, whose ``depth_to_space`` expects channels in the order (row, column,
    colour). Torch's pixel shuffle expects (colour, row, column), so the channels are reordered.
    """
    state = dict(published) if "head.weight" in published else _state_from_layers(published)
    for name in ("up.weight", "up.bias"):
        if name in state:
            state[name] = _colour_first(state[name])
    return state


def _state_from_layers(layers: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    weights = [blob for blob in layers.values() if blob.ndim == 4]
    # A layer whose name begins with "mul" is the residual scale, which is an argument of the architecture.
    others = [blob for name, blob in layers.items() if not name.startswith("mul")]
    biases = [blob.ravel() for blob in others if blob.ndim != 4]
    blocks = (len(weights) - 3) // 2
    convs = [f"body.{i}.conv{j}" for i in range(blocks) for j in (1, 2)]
    names = ["head", *convs, "body_tail", "up"]
    # The file of another network has fewer or more layers: loading the state dict then fails on missing tensors.
    state = {f"{name}.weight": blob for name, blob in zip(names, weights, strict=False)}
    return state | {f"{name}.bias": blob for name, blob in zip(names, biases, strict=False)}


def _colour_first(values: np.ndarray) -> np.ndarray:
    scale = math.isqrt(values.shape[0] // 3)
    if values.shape[0] != 3 * scale**2:
        return values  # the weights do not make three colours: loading them raises an error about their shape
    order = np.arange(values.shape[0]).reshape(scale, scale, 3).transpose(2, 0, 1).ravel()
    return values[order]
