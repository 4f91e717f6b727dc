"""The class of compiled styles: a style checks the picture, prepares the output array and calls its kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from toolkit.images.image import Image
from toolkit.kernels import picture
from toolkit.kernels.numba.domain_transform import differences


@dataclass(frozen=True)
class Received:
    """A checked, read-only picture, with the differences between its pixels, which several styles use."""

    image: Image

    @cached_property
    def differences(self) -> tuple[np.ndarray, np.ndarray]:
        """The result of `domain_transform.differences` for the picture, computed when first used."""
        return differences(self.image)


@dataclass(frozen=True, kw_only=True)
class Style:
    """A style as a function from picture to picture; `toolkit.kernels.numba` describes its parameters and its result.

    Attributes
    ----------
    name : str
        Name of the operation, for error messages.
    fill : ``(received, target, **params)``
        Writes the styled picture into `target`, uint8 (H, W, 3).
    working_bytes_per_px : float
        Bytes that a call allocates for each pixel, the output included.
    """

    name: str
    fill: Callable[..., None]
    working_bytes_per_px: float

    def __call__(self, image: Image, *, out: Image | None = None, **params: object) -> Image:
        image = picture.receive(image, self.name, working_bytes_per_px=self.working_bytes_per_px)
        target = picture.target_for(out, image, self.name)
        self.fill(Received(image), target, **params)
        return picture.deliver(target, out)
