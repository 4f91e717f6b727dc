"""What operations that change a picture's size share: interpolation and the parameter for the scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from toolkit.core.params import Param, Value
from toolkit.images.image import Image

INTERPOLATION = Param(
    name="interpolation",
    default="area",
    choices=("nearest", "linear", "cubic", "area", "lanczos4"),
    help="cv2.resize interpolation; area averages, so fine detail does not alias",
)


def resizer(
    shape_of: Callable[[int, int, Mapping[str, Value]], tuple[int, int, int]],
) -> Callable[[Any], Callable[..., Image]]:
    """Builder of a kernel that resizes by ``cv2.resize``.

    Parameters
    ----------
    shape_of : ``(height, width, params) -> (height, width, channels)``
        The output's shape for an input of `height` x `width` px; `params` are the operation's, `INTERPOLATION` aside.
    """

    def build(cv2: Any) -> Callable[..., Image]:
        def resize(image: Image, *, interpolation: str, **params: Value) -> Image:
            height, width, _ = shape_of(image.shape[0], image.shape[1], params)
            method = getattr(cv2, f"INTER_{interpolation.upper()}")
            return np.asarray(cv2.resize(image, (width, height), interpolation=method))

        return resize

    return build


def scale_param(*scales: int, default: int) -> Param:
    """The parameter ``scale``: one of `scales`, output side over input side."""
    return Param(
        name="scale", default=default, choices=scales, rebuild=True, help="output side divided by input side"
    )
