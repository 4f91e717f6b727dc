"""CARN and CARN-M (Ahn, Kang & Sohn, ECCV 2018): cascading residual networks, with one state dict for x2, x3 and x4.

The tensors have the names of the authors' checkpoints (nmhkahn/CARN-pytorch).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional as F

from toolkit.nets.signal import Signal

_FILTERS = 64
_SCALES = (2, 3, 4)
_MEAN_RGB = (0.4488, 0.4371, 0.4040)  # mean colour of the training set DIV2K, 0..1


def _named(name: str, layers: nn.Module) -> nn.Sequential:
    """Wrap layers in a module under the name that the layers have in the checkpoints."""
    return nn.Sequential(OrderedDict({name: layers}))


def _shift(sign: int) -> nn.Sequential:
    """A fixed convolution that adds `sign` times the mean of the training set, as in the checkpoints."""
    shifter = nn.Conv2d(3, 3, 1).requires_grad_(False)
    shifter.weight.copy_(torch.eye(3)[..., None, None])
    shifter.bias.copy_(sign * torch.tensor(_MEAN_RGB))
    return _named("shifter", shifter)


def _fusion(parts: int) -> nn.Sequential:
    """1 x 1 convolution of the concatenated outputs of `parts` blocks."""
    return _named("body", nn.Sequential(nn.Conv2d(parts * _FILTERS, _FILTERS, 1), nn.ReLU()))


class _Residual(nn.Module):
    """A residual unit: two 3 x 3 convolutions (in CARN-M grouped, then one of 1 x 1) and a sum."""

    def __init__(self, groups: int) -> None:
        super().__init__()

        def conv() -> nn.Conv2d:
            return nn.Conv2d(_FILTERS, _FILTERS, 3, padding=1, groups=groups)

        mixing = [nn.ReLU(), nn.Conv2d(_FILTERS, _FILTERS, 1)] if groups > 1 else []
        self.body = nn.Sequential(conv(), nn.ReLU(), conv(), *mixing)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.body(x) + x)


def _cascade(x: torch.Tensor, blocks: list[nn.Module], fusions: list[nn.Module]) -> torch.Tensor:
    """Run blocks and fusions in turn: each fusion combines the outputs of all earlier blocks for the next block."""
    joined = out = x
    for block, fusion in zip(blocks, fusions, strict=True):
        joined = torch.cat([joined, block(out)], dim=1)
        out = fusion(joined)
    return out


class _Block(nn.Module):
    """Three residual units in a cascade; the three units of CARN-M share their weights."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.b1 = _Residual(groups)
        if groups == 1:
            self.b2, self.b3 = _Residual(groups), _Residual(groups)
        self.c1, self.c2, self.c3 = _fusion(2), _fusion(3), _fusion(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        units = [self.b1, getattr(self, "b2", self.b1), getattr(self, "b3", self.b1)]
        return _cascade(x, units, [self.c1, self.c2, self.c3])


def _upsampling(scale: int, groups: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for step in [2, 2] if scale == 4 else [scale]:
        conv = nn.Conv2d(_FILTERS, step**2 * _FILTERS, 3, padding=1, groups=groups)
        layers += [conv, nn.ReLU(), nn.PixelShuffle(step)]
    return _named("body", nn.Sequential(*layers))


class CARN(nn.Module):
    """A cascade of blocks with upsampling layers for all scales; only the layers for `scale` are used.

    Parameters
    ----------
    scale : {2, 3, 4}
        Output side divided by input side.
    groups : int
        Groups of the 3 x 3 convolutions: 1 for CARN, 4 for CARN-M.

    The input is (N, 3, H, W), RGB 0..1; the output is (N, 3, scale H, scale W).
    """

    signal: ClassVar[Signal] = Signal(low=0.0, high=1.0, mean=0.06, spread=0.2)

    def __init__(self, *, scale: int, groups: int) -> None:
        super().__init__()
        self.scale = scale
        self.sub_mean, self.add_mean = _shift(-1), _shift(+1)
        self.entry = nn.Conv2d(3, _FILTERS, 3, padding=1)
        self.b1, self.b2, self.b3 = _Block(groups), _Block(groups), _Block(groups)
        self.c1, self.c2, self.c3 = _fusion(2), _fusion(3), _fusion(4)
        self.upsample = nn.ModuleDict({f"up{each}": _upsampling(each, groups) for each in _SCALES})
        self.exit = nn.Conv2d(_FILTERS, 3, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.entry(self.sub_mean(x))
        x = _cascade(x, [self.b1, self.b2, self.b3], [self.c1, self.c2, self.c3])
        return self.add_mean(self.exit(self.upsample[f"up{self.scale}"](x)))


def build(*, scale: int, light: bool = False) -> CARN:
    """The network CARN, or CARN-M if `light` is true."""
    return CARN(scale=scale, groups=4 if light else 1)
