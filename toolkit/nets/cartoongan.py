"""CartoonGAN-light, the ShuffleNetV2 generator of mnicnc404/CartoonGan-tensorflow.

CartoonGAN is by Chen, Lai & Liu (CVPR 2018); the ShuffleNetV2 units are by Ma et al. (ECCV 2018).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from toolkit.nets.signal import Signal

_FILTERS = 96
_UNITS = 8
_EPSILON = 1e-3


class _WholePictureNorm(nn.Module):
    """Normalises by the mean and population deviation of the whole picture; epsilon is added to the deviation."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        centred = x - x.mean(dim=(1, 2, 3), keepdim=True)
        deviation = centred.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        return centred * (self.gamma / (deviation + _EPSILON)) + self.beta


class _Halving(nn.Conv2d):
    """Depthwise 3 x 3 convolution of stride 2, padded only right and bottom, as by TensorFlow's padding "same"."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, 3, stride=2, groups=channels, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(F.pad(x, (0, 1, 0, 1)))


def _pointwise(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 1, bias=False)


def _shuffled(x: torch.Tensor) -> torch.Tensor:
    """The channels in the order of a channel shuffle of two groups."""
    return x.unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2)


class _Unit(nn.Module):
    """A ShuffleNetV2 unit: it convolves half of the channels and copies the other half of the channels."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        half = filters // 2
        self.model = nn.Sequential(
            _pointwise(half, half),
            _WholePictureNorm(),
            nn.ReLU(),
            nn.Conv2d(half, half, 3, padding=1, groups=half, bias=False),
            _WholePictureNorm(),
            _pointwise(half, half),
            _WholePictureNorm(),
            nn.ReLU(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        passed, convolved = x.chunk(2, dim=1)
        return _shuffled(torch.cat([passed, self.model(convolved)], dim=1))


class _DownUnit(nn.Module):
    """Two branches that each halve height and width; the joined outputs of the branches have twice the channels."""

    def __init__(self, before: int) -> None:
        super().__init__()
        self.r_model = nn.Sequential(
            _pointwise(before, before),
            _WholePictureNorm(),
            nn.ReLU(),
            _Halving(before),
            _WholePictureNorm(),
            _pointwise(before, before),
        )
        self.l_model = nn.Sequential(_Halving(before), _WholePictureNorm(), _pointwise(before, before))
        self.bn_act = nn.Sequential(_WholePictureNorm(), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _shuffled(self.bn_act(torch.cat([self.l_model(x), self.r_model(x)], dim=1)))


class _UpUnit(nn.Module):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.model = nn.Sequential(nn.Conv2d(before, after, 1), _Unit(after))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.model(_doubled(_doubled(x, 2), 3))


def _doubled(x: torch.Tensor, axis: int) -> torch.Tensor:
    """Bilinear resize by two along one axis, as in TensorFlow 1: no half-pixel centres; the last value is repeated."""
    after = torch.cat([x.narrow(axis, 1, x.shape[axis] - 1), x.narrow(axis, x.shape[axis] - 1, 1)], dim=axis)
    return torch.stack([x, (x + after) / 2], dim=axis + 1).flatten(axis, axis + 1)


class CartoonGAN(nn.Module):
    """The generator: two downsampling units, eight units and two upsampling units, between two 5 x 5 convolutions.

    Input and output are (N, 3, H, W), RGB -1..1; H and W are multiples of 4.
    """

    signal: ClassVar[Signal] = Signal(low=-1.0, high=1.0, mean=0.0, spread=0.6)

    def __init__(self) -> None:
        super().__init__()
        first = nn.Conv2d(3, _FILTERS, 5)
        self.flat_conv1 = nn.ModuleDict(
            {"model": nn.Sequential(nn.ZeroPad2d(2), first, _WholePictureNorm(), nn.ReLU())}
        )
        self.down_conv1, self.down_conv2 = _DownUnit(_FILTERS), _DownUnit(2 * _FILTERS)
        self.residual_blocks = nn.Sequential(*(_Unit(4 * _FILTERS) for _ in range(_UNITS)))
        self.up_conv1 = _UpUnit(4 * _FILTERS, 2 * _FILTERS)
        self.up_conv2 = _UpUnit(2 * _FILTERS, _FILTERS)
        self.final_conv = nn.Sequential(nn.ZeroPad2d(2), nn.Conv2d(_FILTERS, 3, 5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.down_conv2(self.down_conv1(self.flat_conv1["model"](x)))
        x = self.up_conv2(self.up_conv1(self.residual_blocks(x)))
        return torch.tanh(self.final_conv(x))


build = CartoonGAN
"""The class of the generator; all styles have the same architecture and differ only in their weights."""


def state_from(published: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The state dict from published tensors, with names such as ``down_conv1/r_model/layer-0/kernel``."""
    return {_name(name): values for name, values in published.items()}


def _name(published: str) -> str:
    """The name that a published tensor has in the torch module's state dict.

    >>> _name("down_conv1/r_model/layer-3/depthwise_kernel")
    'down_conv1.r_model.3.weight'
    """
    dotted = re.sub(r"layer-(\d+)", r"\1", published).replace("/", ".")
    return re.sub(r"(depthwise_)?kernel$", "weight", dotted)
