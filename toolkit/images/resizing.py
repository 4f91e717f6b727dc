"""Parameters (interpolation, scale) and kernel of the operations that change the size of a picture."""

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
    help="interpolation of cv2.resize; area averages pixels, which avoids aliasing",
)


def resizer(
    shape_of: Callable[[int, int, Mapping[str, Value]], tuple[int, int, int]],
) -> Callable[[Any], Callable[..., Image]]:
    """A function that builds a kernel; the kernel resizes a picture with ``cv2.resize``.

    Parameters
    ----------
    shape_of : ``(height, width, params) -> (height, width, channels)``
        Returns the output's shape for an input of `height` x `width` px; `params` are the operation's parameters
        without `INTERPOLATION`.
    """

    def build(cv2: Any) -> Callable[..., Image]:
        def resize(image: Image, *, interpolation: str, **params: Value) -> Image:
            height, width, _ = shape_of(image.shape[0], image.shape[1], params)
            method = getattr(cv2, f"INTER_{interpolation.upper()}")
            return np.asarray(cv2.resize(image, (width, height), interpolation=method))

        return resize

    return build


def scale_param(*scales: int, default: int) -> Param:
    """The parameter ``scale``, one of `scales`: output side divided by input side."""
    return Param(
        name="scale", default=default, choices=scales, rebuild=True, help="output side divided by input side"
    )
