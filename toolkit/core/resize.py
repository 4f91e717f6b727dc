"""The choice of interpolation that the pre-steps and the quality metrics share."""

from __future__ import annotations

from typing import Any

from toolkit.core.params import Param

INTERPOLATION = Param(
    name="interpolation",
    default="area",
    choices=("nearest", "linear", "cubic", "area", "lanczos4"),
    help="cv2.resize interpolation; area averages, so fine detail does not alias",
)


def interpolation_flag(cv2: Any, name: str) -> int:
    """``"area"`` to ``cv2.INTER_AREA``."""
    return int(getattr(cv2, f"INTER_{name.upper()}"))
