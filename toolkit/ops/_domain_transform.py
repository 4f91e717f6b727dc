"""Parameters of the domain transform (Gastal & Oliveira 2011), and limits of OpenCV's implementation."""

from __future__ import annotations

import math

from toolkit.contracts.operation import Params, SizeLimit
from toolkit.contracts.tolerance import Tolerance
from toolkit.core.params import Param
from toolkit.kernels.reference import ITERATIONS, radius_px


def sigmas(*, sigma_s: float, sigma_r: float) -> tuple[Param, Param]:
    """The parameters sigma_s and sigma_r of the domain transform, with the defaults that a style chooses."""
    return (
        Param(
            name="sigma_s",
            default=sigma_s,
            low=1.0,
            high=200.0,
            unit="px",
            help="reach of the smoothing in the picture",
        ),
        Param(
            name="sigma_r",
            default=sigma_r,
            low=0.01,
            high=1.0,
            help="largest contrast of edges that are smoothed",
        ),
    )


def shade_factor(default: float) -> Param:
    """The parameter that sets the brightness of the shading in a pencil sketch."""
    return Param(name="shade_factor", default=default, low=0.0, high=0.1, help="brightness of the shading")


def first_boxes_halo(params: Params) -> int:
    """Halo (margin around a tile) of the domain transform's box filters in the first iteration alone, px."""
    return math.ceil(radius_px(float(params["sigma_s"]), 0)) + 1


def boxes_halo(params: Params) -> int:
    """Halo (margin around a tile) of the normalised convolution, px: the boxes of all iterations, one after the other.

    >>> boxes_halo({"sigma_s": 60.0})
    163
    """
    sigma_s = float(params["sigma_s"])
    return sum(math.ceil(radius_px(sigma_s, number)) + 1 for number in range(ITERATIONS))


def feedback_halo(params: Params) -> int:
    """Halo (margin around a tile) of the recursive filter, px.

    The influence of a pixel falls as ``exp(-distance / reach)``. The first iteration of the filter has the longest
    reach, 0.62 sigma_s: at 5 sigma_s, eight times this reach, the influence is less than one level of 255.
    """
    return math.ceil(5 * float(params["sigma_s"])) + 1


def float32_index_limit(function: str) -> SizeLimit:
    """Size limit of OpenCV's normalised convolution, which keeps an index in float32.

    Beyond ``3 * height * (width + 1) = 2**24`` elements (about 5.6 MP) float32 cannot distinguish neighbouring indices,
    and the picture is wrong without any message.

    >>> float32_index_limit("cv2.stylization")(1224, 1632, {})
    ''
    """

    def limit(height: int, width: int, params: Params) -> str:
        if 3 * height * (width + 1) <= 2**24:
            return ""
        return (
            f"{function} is wrong at {width} x {height} px: it keeps an index in float32, "
            "so its output is right only up to 3 x height x (width + 1) = 2^24 (about 5.6 MP)."
        )

    return limit


# OpenCV's pencil sketch adds up positions in float32. In wide pictures some averaging windows therefore start one pixel
# off, which changes up to 1 pixel in 1000 at 12 MP.
PENCIL_TOLERANCES = {"opencv": Tolerance(share=0.998, mean=0.1)}
