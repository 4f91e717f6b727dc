"""A pre-step (operation before the main operation): limit the longest side of a picture by shrinking it."""

from __future__ import annotations

from toolkit.contracts.operation import Operation, Params
from toolkit.core.params import Param
from toolkit.images.resizing import INTERPOLATION, resizer


def _shape(height: int, width: int, params: Params) -> tuple[int, int, int]:
    ratio = min(1.0, float(params["side"]) / max(height, width))
    return max(1, round(height * ratio)), max(1, round(width * ratio)), 3


OPERATION = Operation(
    name="fit_side",
    summary="Shrink a picture until its longest side has at most a given length; never enlarges.",
    params=(
        Param(
            name="side",
            default=1600,
            low=1,
            high=20_000,
            unit="px",
            scale="log",
            help="largest length of the longest side",
        ),
        INTERPOLATION,
    ),
    kernels={"opencv": resizer(_shape)},
    output_shape=_shape,
    keeps_alpha=True,
)
