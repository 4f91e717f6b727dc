"""An operation ready to run on one backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from toolkit.contracts.loaded_network import LoadedNetwork
from toolkit.images.image import Image


@dataclass(frozen=True)
class BuiltKernel:
    """An operation ready to run: called with a picture, or with many.

    Attributes
    ----------
    one : ``image -> image``
    many : ``images -> images``, optional
        Where pictures can go through together.
    network : LoadedNetwork, optional
        For timing its stages apart, where pictures go through whole.
    """

    one: Callable[[Image], Image]
    many: Callable[[Sequence[Image]], list[Image]] | None = None
    network: LoadedNetwork | None = None

    def __call__(self, image: Image) -> Image:
        return self.one(image)

    def batch(self, images: Sequence[Image]) -> list[Image]:
        """Run several pictures, of any sizes; the outputs are in their order."""
        return self.many(images) if self.many is not None else [self.one(image) for image in images]
