"""Kernels (operations that are ready to run on one backend), and the function that builds a network's kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.contracts.backend import Backend
from toolkit.contracts.loaded_network import Form, LoadedNetwork, opener
from toolkit.core.errors import Unsupported
from toolkit.images.image import Image
from toolkit.models.network import Network


@dataclass(frozen=True)
class BuiltKernel:
    """An operation that is ready to run on one picture, or on several pictures with `batch`.

    Attributes
    ----------
    one : ``image -> image``
        Function that runs one picture.
    many : ``images -> images``, optional
        Function that runs several pictures in one call; None for a kernel that takes one picture a call.
    network : LoadedNetwork, optional
        The network that the kernel runs, used to time its stages one by one; None for a network in tiles or no network.
    """

    one: Callable[[Image], Image]
    many: Callable[[Sequence[Image]], list[Image]] | None = None
    network: LoadedNetwork | None = None

    def __call__(self, image: Image) -> Image:
        return self.one(image)

    def batch(self, images: Sequence[Image]) -> list[Image]:
        """Run several pictures of any sizes; the outputs have the order of the pictures."""
        return self.many(images) if self.many is not None else [self.one(image) for image in images]


def network_kernel(
    network: Network, backend: Backend, runtime: Any, precision: str, *, tile: int, reload: bool
) -> BuiltKernel:
    """Build the kernel that runs a network on a backend.

    Parameters
    ----------
    runtime : object
        The opened runtime: the object that the session of `backend` yielded.
    tile : int
        Side of the tiles into which pictures are cut, px; 0 for whole pictures.
    reload : bool
        Whether the model is loaded again for each picture, as in a service that keeps no model in memory.

    Raises
    ------
    Unsupported
        `tile` is not 0 but the runtime takes whole pictures only, or `reload` is true but the runtime loads a model
        only once.
    Unavailable
        Weights, or a package that an export needs, are missing on this machine.
    """
    form = opener(network, backend, precision, reload=reload)
    if not reload:
        return _kernel_of(form(), backend, runtime, tile=tile)
    why_not = getattr(runtime, "loads_once_because", "")
    if why_not:
        raise Unsupported(f"'reload' of {network.name} must be false on {backend.name} here: {why_not}.")
    first = form()
    stages = LoadedNetwork(first.network, lambda tensor: runtime.load(form())(tensor))
    return BuiltKernel(
        lambda image: _kernel_of(form(), backend, runtime, tile=tile).one(image),
        network=None if tile or first.format == "pb" else stages,
    )


def _kernel_of(form: Form, backend: Backend, runtime: Any, *, tile: int) -> BuiltKernel:
    if form.format == "pb":  # OpenCV runs a .pb graph on whole pictures, not on tensors
        if tile:
            raise Unsupported(
                f"{form.network.name} runs on {backend.name} through dnn_superres, on whole pictures only; "
                "tile must be 0."
            )
        return BuiltKernel(runtime.superres(form))
    loaded = LoadedNetwork(form.network, runtime.load(form))
    return BuiltKernel(
        lambda image: loaded(image, tile=tile),
        lambda images: loaded.batch(images, tile=tile),
        None if tile else loaded,
    )
