"""AnimeGANv2's generator (Chen & Liu 2020); its tensors have the names of bryandlee/animegan2-pytorch's .pt files."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional as F

from toolkit.nets.signal import Signal

_SLOPE = 0.2


def _whole_picture_norm(channels: int) -> nn.GroupNorm:
    """Normalisation by the mean and standard deviation of the whole picture, which differ from those of a tile."""
    return nn.GroupNorm(1, channels)


def _conv(
    before: int,
    after: int,
    *,
    kernel: int = 3,
    stride: int = 1,
    padding: int | tuple[int, int, int, int] = 1,
    groups: int = 1,
    bias: bool = False,
) -> nn.Sequential:
    return nn.Sequential(
        nn.ReflectionPad2d(padding),
        nn.Conv2d(before, after, kernel, stride=stride, groups=groups, bias=bias),
        _whole_picture_norm(after),
        nn.LeakyReLU(_SLOPE),
    )


def _halving(before: int, after: int) -> nn.Sequential:
    return _conv(before, after, stride=2, padding=(0, 1, 0, 1))


class _InvertedResidual(nn.Module):
    """Expansion to twice the channels, depthwise convolution, projection (as in MobileNetV2)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        wide = 2 * before
        self.is_residual = before == after
        self.layers = nn.Sequential(
            _conv(before, wide, kernel=1, padding=0),
            _conv(wide, wide, groups=wide, bias=True),
            nn.Conv2d(wide, after, 1, bias=False),
            _whole_picture_norm(after),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.layers(x) if self.is_residual else self.layers(x)


class AnimeGAN(nn.Module):
    """The generator: it halves the size of a picture twice, applies inverted residual blocks, doubles the size twice.

    Input and output are (N, 3, H, W), RGB -1..1; H and W are multiples of 4 and at least 8.
    """

    signal: ClassVar[Signal] = Signal(low=-1.0, high=1.0, mean=0.0, spread=0.6)

    def __init__(self) -> None:
        super().__init__()
        self.block_a = nn.Sequential(_conv(3, 32, kernel=7, padding=3), _halving(32, 64), _conv(64, 64))
        self.block_b = nn.Sequential(_halving(64, 128), _conv(128, 128))
        residuals = [_InvertedResidual(256, 256) for _ in range(3)]
        self.block_c = nn.Sequential(
            _conv(128, 128), _InvertedResidual(128, 256), *residuals, _conv(256, 128)
        )
        self.block_d = nn.Sequential(_conv(128, 128), _conv(128, 128))
        self.block_e = nn.Sequential(_conv(128, 64), _conv(64, 64), _conv(64, 32, kernel=7, padding=3))
        self.out_layer = nn.Sequential(nn.Conv2d(32, 3, 1, bias=False), nn.Tanh())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.block_c(self.block_b(self.block_a(x)))
        x = self.block_d(_doubled(x))
        return self.out_layer(self.block_e(_doubled(x)))


def _doubled(x: torch.Tensor) -> torch.Tensor:
    size = (2 * x.shape[-2], 2 * x.shape[-1])
    return F.interpolate(x, size, mode="bilinear", align_corners=True)


build = AnimeGAN
"""The class of the generator; all styles have the same architecture and differ only in their weights."""
