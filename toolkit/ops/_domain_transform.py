"""What styles built on the domain transform (Gastal & Oliveira 2011) declare alike: its parameters, OpenCV's error."""

from __future__ import annotations

from toolkit.contracts.tolerance import Tolerance
from toolkit.core.params import Param


def sigmas(*, sigma_s: float, sigma_r: float) -> tuple[Param, Param]:
    """The two parameters of the domain transform, with a style's own defaults."""
    return (
        Param(name="sigma_s", default=sigma_s, low=1.0, high=200.0, unit="px", help="reach of the smoothing"),
        Param(name="sigma_r", default=sigma_r, low=0.01, high=1.0, help="weaker edges are smoothed away"),
    )


def shade_factor(default: float) -> Param:
    """The parameter of pencil sketches beside the two of the domain transform."""
    return Param(name="shade_factor", default=default, low=0.0, high=0.1, help="brightness of the shading")


# OpenCV sums positions in float32: the wider the picture, the more boxes start one pixel off, up to 1 pixel in 1000 at
# 12 MP.
PENCIL_TOLERANCES = {"opencv": Tolerance(share=0.998, mean=0.1)}
