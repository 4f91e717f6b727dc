"""What an operation says of a neural network: which weights, what goes in and comes out, and how it may be cut."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.core.errors import InvalidValue, Unavailable, Unsupported, unknown
from toolkit.core.params import Value
from toolkit.images.image import Image
from toolkit.images.tiling import tiles
from toolkit.models import weights
from toolkit.models.onnx_bytes import data_files
from toolkit.models.published import WEIGHTS
from toolkit.models.transforms import Tensor

Infer = Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class Network:
    """One network with one set of weights; every runtime that can load one of its forms can run it.

    Attributes
    ----------
    name : str
        For people and for file names: ``"carn_m_x3"``.
    before : ``image -> tensor``
        Picture, uint8 (H, W, 3) BGR, to input, float32 (1, C, H, W); see `toolkit.models.transforms`.
    after : ``(output, image) -> image``
        Output, float32 (1, C, scale H, scale W), and the picture that went in, to the picture that comes out.
    architecture : str
        A module of `toolkit.nets`; empty for a network that is published as a graph only.
    arguments : mapping
        What the architecture's ``build`` takes.
    weights : str
        Published file that fills the architecture; empty where none is published.
    graphs : mapping of format to published file
        Graphs that a runtime opens as they are: ``{"pb": ..., "onnx": ..., "tflite": ...}``.
    size : (int, int), optional
        Height and width of the input where the network has one size only; `before` then stretches to it.
    multiple : int
        What height and width of the input must be multiples of; pictures are padded by their edge and cut back.
    halo : int, optional
        Reach in px of the input; None where statistics run over the whole picture or it has one `size`.
    whole_because : str
        Why it cannot be tiled, where `halo` is None.
    scale : int
        Output height and width over input height and width.
    seed : int, optional
        Seed of untrained weights; None for the published ones.
    reference : str
        Backend whose fp32 output is right by definition.
    quantised : Network, optional
        The same network as published in INT8, with its own `before` and `after`.
    calibration_px : int
        Side of the photos that INT8 ranges are taken from: larger ones serve small networks better, and a calibration
        keeps every activation in memory.
    own : Path, optional
        An ONNX file of the user's, instead of an architecture or published graphs.
    refused_by : mapping of backend name to reason
        Backends that open its format and not this graph.

    Raises
    ------
    UnknownName
        A file is none of the published ones.
    InvalidValue
        Neither an architecture nor a graph is given, or it is neither tiled nor said why not.
    """

    name: str
    before: Callable[[Image], Tensor]
    after: Callable[[Tensor, Image], Image]
    architecture: str = ""
    arguments: Mapping[str, Value] = field(default_factory=dict)
    weights: str = ""
    graphs: Mapping[str, str] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    multiple: int = 1
    halo: int | None = None
    whole_because: str = ""
    scale: int = 1
    seed: int | None = None
    reference: str = "torch"
    quantised: Network | None = None
    calibration_px: int = 256
    own: Path | None = None
    refused_by: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.architecture and not self.graphs and not self.own:
            raise InvalidValue(f"network {self.name!r} must have an architecture or a graph; it has neither.")
        if (self.halo is None) != bool(self.whole_because):
            raise InvalidValue(
                f"network {self.name!r} must have either a halo or the reason why it has none."
            )
        for file in filter(None, (self.weights, *self.graphs.values())):
            if file not in WEIGHTS:
                raise unknown(f"weights of {self.name}", file, WEIGHTS)

    @property
    def is_trained(self) -> bool:
        """False for seeded weights: they carry time and agreement, never quality."""
        return self.seed is None

    @property
    def label(self) -> str:
        """The name, and ``(untrained)`` where it is: for every row, plot and picture."""
        return self.name if self.is_trained else f"{self.name} (untrained)"

    def untrained(self, seed: int = 0) -> Network:
        """The same network with weights drawn from `seed`; its published graphs are left out.

        Raises
        ------
        Unavailable
            It is published as a graph only: there is nothing to draw.
        """
        if not self.architecture:
            raise Unavailable(f"{self.name} is published as a graph only; there is no untrained form of it.")
        return dataclasses.replace(self, seed=seed, graphs={}, quantised=None)

    def checkpoint(self) -> Path | None:
        """The published file of the weights, checked; None when they are seeded.

        Raises
        ------
        Unavailable
            It is not on this machine, or there is no published one.
        """
        if self.seed is not None:
            return None
        if not self.weights:
            raise Unavailable(
                f"no weights are published for {self.name}; it runs untrained: take weights=untrained."
            )
        return weights.find(self.weights)

    def graph(self, format: str) -> Path | None:
        """The graph in `format`, a published one checked; None when there is none in it.

        Raises
        ------
        Unavailable
            It is not on this machine.
        InvalidValue
            The user's own file is not there.
        """
        if format == "onnx" and self.own is not None:
            if not self.own.is_file():
                got = "none" if self.own == Path() else f"{str(self.own)!r}, which is no file"
                raise InvalidValue(f"'file' of onnx_model must be the path of an ONNX file; got {got}.")
            return self.own
        return weights.find(self.graphs[format]) if format in self.graphs else None

    def formats(self) -> set[str]:
        """Formats that it can be had in; what has an architecture can be exported to ONNX."""
        made = {"torch", "onnx"} if self.architecture else set()
        return made | set(self.graphs) | ({"onnx"} if self.own is not None else set())

    def files(self) -> list[Path]:
        """Files on this machine that decide what it computes, unchecked; those that are missing are left out."""
        if self.seed is not None:
            return []
        names = [*filter(None, (self.weights,)), *self.graphs.values()]
        found = [weights.where(name) for name in names] + (_with_data(self.own) if self.own else [])
        return [path for path in found if path is not None and path.is_file()]

    def module(self) -> Any:
        """The torch module in eval mode, with its weights; imports torch.

        Raises
        ------
        Unsupported
            It is published as a graph only.
        Unavailable
            Its weights are not on this machine.
        InvalidValue
            The weights' file cannot be read, or is of another architecture.
        """
        loading, path = self._loading(), self.checkpoint()
        if path is None:
            return loading.seeded(self.architecture, self.arguments, self.seed)
        return loading.load(self.architecture, self.arguments, path)

    def module_opener(self) -> Callable[[], Any]:
        """What makes the module anew at each call; weights are found and checked, or drawn, before it returns.

        Raises
        ------
        Unsupported, Unavailable, InvalidValue
            As `module`.
        """
        loading, path = self._loading(), self.checkpoint()
        if path is None:
            drawn = loading.seeded(self.architecture, self.arguments, self.seed)
            return partial(loading.restored, self.architecture, self.arguments, loading.saved(drawn))
        return partial(loading.load, self.architecture, self.arguments, path)

    def _loading(self) -> Any:
        if not self.architecture:
            formats = ", ".join(self.graphs)
            raise Unsupported(f"{self.name} has no torch module; it is published as a graph ({formats}).")
        from toolkit.models import loading  # listing an operation must not import torch

        return loading

    def prepare(self, image: Image) -> Tensor:
        """The network's input for a picture: padded to `multiple`, then `before`."""
        return self.before(self._padded(image))

    def finish(self, output: Tensor, image: Image) -> Image:
        """The picture that the network's output for `image` makes: what was padded cut away, then `after`.

        Raises
        ------
        InvalidValue
            The output is not `scale` times the input: only a network of the user's own can surprise so. Or a value of
            it is no finite number.
        """
        if self.size is None:
            height, width = (side * self.scale for side in image.shape[:2])
            rows, columns = (side + -side % (self.multiple * self.scale) for side in (height, width))
            if output.shape[2:] != (rows, columns):
                got = " x ".join(map(str, output.shape[:1:-1]))
                raise InvalidValue(
                    f"network {self.name!r} must give {columns} x {rows} px at scale {self.scale}; it gave {got} px."
                )
            output = output[:, :, :height, :width]
        return self._picture(output, image)

    def _picture(self, output: Tensor, image: Image) -> Image:
        """What `after` makes of numbers; of what is none it would make black, and one black agrees with another."""
        if not np.isfinite(output).all():
            raise InvalidValue(
                f"network {self.name!r} must give finite numbers; it gave NaN or infinity, which make no picture."
            )
        return self.after(output, image)

    def apply(self, infer: Infer, image: Image, *, tile: int | None = None) -> Image:
        """Run the network on a picture.

        Parameters
        ----------
        infer : ``tensor -> tensor``
            What a runtime made of the module or the graph.
        image : ndarray of uint8, shape (H, W, 3), BGR
        tile : int, optional
            Side in px of the tiles; None for the whole picture at once.

        Returns
        -------
        ndarray of uint8, shape (scale H, scale W, C)

        Raises
        ------
        Unsupported
            A tile would change the picture.
        InvalidValue
            `tile` is not a positive multiple of `multiple`.
        """
        if tile is None:
            return self.finish(infer(self.prepare(image)), image)
        if self.halo is None:
            raise Unsupported(f"{self.name} cannot be tiled: {self.whole_because}.")
        return self._tiled(infer, image, tile, self.halo)

    def _tiled(self, infer: Infer, image: Image, tile: int, halo: int) -> Image:
        padded, scale = self._padded(image), self.scale
        height, width = padded.shape[:2]
        whole: Image | None = None
        for part in tiles(height, width, tile=tile, halo=halo, multiple=self.multiple):
            (top, bottom), (left, right) = part.read
            seen = np.ascontiguousarray(padded[top:bottom, left:right])
            out = self._picture(infer(self.before(seen)), seen)
            if whole is None:
                whole = np.empty((height * scale, width * scale, out.shape[2]), np.uint8)
            (first, last), (start, stop) = part.keep
            kept = out[
                (first - top) * scale : (last - top) * scale, (start - left) * scale : (stop - left) * scale
            ]
            whole[first * scale : last * scale, start * scale : stop * scale] = kept
        assert whole is not None  # a picture has a pixel, so it has a tile
        return np.ascontiguousarray(whole[: image.shape[0] * scale, : image.shape[1] * scale])

    def _padded(self, image: Image) -> Image:
        missing = [-side % self.multiple for side in image.shape[:2]]
        if not any(missing):
            return image
        return np.pad(image, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")


def _with_data(graph: Path) -> list[Path]:
    """An ONNX file and those that hold its weights."""
    return [graph, *data_files(graph)] if graph.is_file() else []
