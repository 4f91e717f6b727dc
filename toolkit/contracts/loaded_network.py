"""Open a network in a runtime, and run the network on one picture or on several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from toolkit.contracts.backend import Backend
from toolkit.core.choices import Precision
from toolkit.core.errors import Unsupported
from toolkit.core.params import Param
from toolkit.images.image import Image
from toolkit.images.tiling import tiles
from toolkit.models import network_files
from toolkit.models.network import Infer, Network
from toolkit.models.onnx_files import onnx_file

NETWORK_PARAMS: tuple[Param, ...] = (
    Param(
        name="weights",
        default="published",
        choices=("published", "untrained"),
        rebuild=True,
        help="untrained: weights drawn at random from a seed; the output is noise",
    ),
    Param(
        name="tile",
        default=0,
        low=0,
        high=8192,
        unit="px",
        keeps_picture=True,
        help="side of the square tiles that run one by one; 0: the whole picture, or tiles that fit into memory",
    ),
    Param(name="reload", default=False, keeps_picture=True, help="load the model again for each picture"),
)
"""Parameters that every operation with a network has, in addition to the parameters that it declares."""


OnTile = Callable[[int, int], None]
_ON_TILE: ContextVar[OnTile] = ContextVar("on_tile", default=lambda done, total: None)


@contextmanager
def watched_tiles(on_tile: OnTile) -> Iterator[None]:
    """While a network runs in tiles, call `on_tile` (tiles done, all tiles) before the first tile and after each tile.

    Each tile of a large picture may take minutes, so a program shows its user how many tiles are done.
    """
    token = _ON_TILE.set(on_tile)
    try:
        yield
    finally:
        _ON_TILE.reset(token)


@dataclass(frozen=True, kw_only=True)
class Form:
    """A network in one format, ready to be opened by a runtime.

    Attributes
    ----------
    network : Network
        The network to open.
    format : {"torch", "onnx", "tflite", "pb"}
        Format of the network's module or file.
    source : torch.nn.Module or Path
        A torch module (in eval mode, fp32, on the CPU), or the path of a graph's file. For ``"int8"`` the file has
        8-bit weights already.
    precision : {"fp32", "bf16", "fp16", "int8"}
        Arithmetic in which the runtime computes the network.
    """

    network: Network
    format: str
    source: Any
    precision: str = Precision.FP32


class Runtime(Protocol):
    """An opened runtime that loads networks: the object that the session of a backend with ``formats`` yields.

    If the runtime cannot load the model again for each picture, its attribute ``loads_once_because`` is the reason.
    """

    def load(self, form: Form) -> Infer:
        """Open a network; the returned function maps a float32 array (N, C, H, W) to its output, another such array."""


@dataclass(frozen=True)
class LoadedNetwork:
    """An opened network as a function from a picture to a picture.

    Attributes
    ----------
    network : Network
        The description of the opened network.
    infer : callable
        Function from a float32 array (N, C, H, W) to the network's output, a float32 array (N, C', H', W').
    """

    network: Network
    infer: Infer

    def __call__(self, image: Image, *, tile: int = 0) -> Image:
        """Run the network on one picture.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3), BGR
            The input picture.
        tile : int
            Side of the tiles, px; 0 for the whole picture at once.

        Returns
        -------
        ndarray of uint8, shape (scale H, scale W, C)
            The output picture.

        Raises
        ------
        Unsupported
            The network cannot run in tiles, because tiles would change the output.
        InvalidValue
            `tile` is not a positive multiple of the network's `multiple`.
        """
        if not tile:
            return self.network.finish(self.infer(self.network.prepare(image)), image)
        if self.network.halo is None:
            raise Unsupported(f"{self.network.name} cannot be tiled: {self.network.whole_because}.")
        return self._in_tiles(image, tile, self.network.halo)

    def _in_tiles(self, image: Image, tile: int, halo: int) -> Image:
        network, padded, scale = self.network, self.network.padded(image), self.network.scale
        whole: Image | None = None
        parts = list(tiles(*padded.shape[:2], tile=tile, halo=halo, multiple=network.multiple))
        on_tile = _ON_TILE.get()
        on_tile(0, len(parts))
        for number, part in enumerate(parts, 1):
            (top, bottom), (left, right) = part.read
            seen = np.ascontiguousarray(padded[top:bottom, left:right])
            out = network.picture(self.infer(network.transform(seen)), seen)
            if whole is None:
                whole = np.empty((padded.shape[0] * scale, padded.shape[1] * scale, out.shape[2]), np.uint8)
            (first, last), (start, stop) = part.keep
            rows = slice((first - top) * scale, (last - top) * scale)
            columns = slice((start - left) * scale, (stop - left) * scale)
            whole[first * scale : last * scale, start * scale : stop * scale] = out[rows, columns]
            on_tile(number, len(parts))
        assert whole is not None  # a picture has at least one pixel, so it has at least one tile
        return np.ascontiguousarray(whole[: image.shape[0] * scale, : image.shape[1] * scale])

    def batch(self, images: Sequence[Image], *, tile: int = 0) -> list[Image]:
        """Run the network on pictures of any sizes; pictures of equal size go through the network in one call.

        Returns
        -------
        list of ndarray
            The output pictures, in the order of `images`.
        """
        if tile:
            return [self(image, tile=tile) for image in images]
        whole_pictures = getattr(self.infer, "pictures", None)
        done: dict[int, Image] = {}
        for shape in {image.shape for image in images}:
            numbers = [number for number, image in enumerate(images) if image.shape == shape]
            group = [images[number] for number in numbers]
            if whole_pictures is not None and self.network.size is None:
                outputs = whole_pictures(group)
            else:
                stacked = np.concatenate([self.network.prepare(image) for image in group])
                found = self.infer(stacked)
                outputs = [self.network.finish(found[i : i + 1], image) for i, image in enumerate(group)]
            done.update(zip(numbers, outputs, strict=True))
        return [done[number] for number in range(len(images))]


def form_of(network: Network, backend: Backend, precision: str) -> tuple[Network, str] | None:
    """The network and the best format in which `backend` can open it; None if the backend can open no format."""
    if precision == Precision.INT8 and network.quantised is not None:
        published = form_of(network.quantised, backend, Precision.FP32)
        if published is not None:
            return published
    if backend.name in network.refused_by:
        return None
    offered = network_files.formats(network)
    return next(((network, format) for format in backend.formats if format in offered), None)


def opener(network: Network, backend: Backend, precision: str, *, reload: bool) -> Callable[[], Form]:
    """Return a function that returns the `Form` for `backend` to load.

    Files are found, checked and exported before `opener` returns: a call of the returned function only opens files.

    Parameters
    ----------
    reload : bool
        Whether each call loads the torch module again; otherwise every call returns the same module.

    Raises
    ------
    Unavailable
        Weights, or a package that an export needs, are missing on this machine.
    InvalidValue
        The published weights belong to another architecture than the network's.
    """
    found = form_of(network, backend, precision)
    assert found is not None  # the caller has checked that the network runs on this backend
    chosen, format = found
    make = partial(Form, network=chosen, format=format, precision=precision)
    if reload and format == "torch":
        module = network_files.module_opener(chosen)
        return lambda: make(source=module())
    return partial(make, source=source_of(chosen, format, precision))


def source_of(network: Network, format: str, precision: str) -> Any:
    """The torch module or the path of the graph's file, for a runtime to open; a missing ONNX file is exported."""
    if format == "torch":
        return network_files.module(network)
    if format == "onnx":
        return onnx_file(network, precision)
    return network_files.graph(network, format)
