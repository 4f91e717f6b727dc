"""What the operations that enlarge a picture share: the declared scale and the size of the output."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.core.params import Param, Value


def scale_param(*scales: int, default: int) -> Param:
    """The parameter ``scale``: one of `scales`, output side over input side."""
    return Param(
        name="scale", default=default, choices=scales, rebuild=True, help="output side over input side"
    )


def enlarged(height: int, width: int, params: Mapping[str, Value]) -> tuple[int, int, int]:
    """Shape (H, W, C) of the output.

    >>> enlarged(4, 5, {"scale": 3})
    (12, 15, 3)
    """
    scale = int(params["scale"])
    return height * scale, width * scale, 3
