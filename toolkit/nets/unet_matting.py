"""A U-Net (Ronneberger, Fischer & Brox, MICCAI 2015) that computes the alpha matte of a portrait.

The convolutions are padded, so that the matte has the size of the picture, and have batch normalisation. No weights are
published for this network, so it runs untrained.
"""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional as F

from toolkit.nets.signal import Signal


def _double_conv(before: int, after: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (before, after):
        conv = nn.Conv2d(channels, after, 3, padding=1, bias=False)
        layers += [conv, nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """The U-Net: an encoder and a decoder with skip connections.

    Parameters
    ----------
    width : int
        Number of filters of the first level; each of the `depth` further levels has twice as many as the level before.
    depth : int
        Number of times that the encoder halves height and width.

    The input is (N, 3, H, W), RGB 0..1; the output is alpha, (N, 1, H, W), 0..1; H and W are multiples of ``2**depth``.
    """

    signal: ClassVar[Signal] = Signal(low=0.0, high=1.0, mean=0.0, spread=2.0)

    def __init__(self, *, width: int = 32, depth: int = 4) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(depth + 1)]
        self.first = _double_conv(3, width)
        levels = list(pairwise(widths))
        self.down = nn.ModuleList(_double_conv(upper, lower) for upper, lower in levels)
        self.up = nn.ModuleList(nn.ConvTranspose2d(lower, upper, 2, stride=2) for upper, lower in levels)
        self.merge = nn.ModuleList(_double_conv(2 * upper, upper) for upper, _ in levels)
        self.alpha = nn.Conv2d(width, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        skipped = []
        for conv in self.down:
            skipped.append(x)
            x = conv(F.max_pool2d(x, 2))
        for skip, up, merge in zip(skipped[::-1], reversed(self.up), reversed(self.merge), strict=True):
            x = merge(torch.cat([skip, up(x)], dim=1))
        return torch.sigmoid(self.alpha(x))


build = UNet
"""The class of the network; its default arguments, 32 filters and four halvings, are planned for a later training."""
