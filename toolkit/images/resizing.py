"""What operations that change a picture's size share: interpolation, the declared scale, the size of the output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.core.params import Param, Value

INTERPOLATION = Param(
    name="interpolation",
    default="area",
    choices=("nearest", "linear", "cubic", "area", "lanczos4"),
    help="cv2.resize interpolation; area averages, so fine detail does not alias",
)


def interpolation_flag(cv2: Any, name: str) -> int:
    """``"area"`` to ``cv2.INTER_AREA``."""
    return int(getattr(cv2, f"INTER_{name.upper()}"))


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
