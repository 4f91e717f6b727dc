"""The description of a neural network: its weights, its input and output, and whether it can run in tiles."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from toolkit.core.errors import InvalidValue, Unavailable, unknown
from toolkit.core.params import Value
from toolkit.images.image import Image
from toolkit.models.published import WEIGHTS
from toolkit.models.transforms import Tensor, Transform

Infer = Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class Network:
    """One network with one set of weights, for every runtime that can open one of its formats.

    Attributes
    ----------
    name : str
        For people and for file names: ``"carn_m_x3"``.
    transform : Transform
        Picture, uint8 (H, W, 3) BGR, to input, float32 (1, C, H, W), and output, float32 (1, C, scale H, scale W), back
        to a picture; see `toolkit.models.transforms`.
    architecture : str
        A module of `toolkit.nets`; empty for a network that is published as a graph only.
    arguments : mapping
        Arguments of the architecture's ``build``.
    weights : str
        Published file with the architecture's weights; empty where none is published.
    graphs : mapping of format to published file
        Graphs that a runtime opens as they are: ``{"pb": ..., "onnx": ..., "tflite": ...}``.
    size : (int, int), optional
        Height and width of the input, px, where the network has one size only; `transform` then stretches to it.
    multiple : int
        Height and width of the input must be multiples of this; pictures are padded with their edge, and cut back.
    halo : int, optional
        Reach in px of the input; None where statistics run over the whole picture or the network has one `size`.
    whole_because : str
        Why the network cannot run in tiles, where `halo` is None.
    scale : int
        Output height and width over input height and width.
    seed : int, optional
        Seed of untrained weights; None for the published ones.
    reference : str
        Backend whose fp32 output is right by definition.
    quantised : Network, optional
        The same network as published in INT8, with its own `transform`.
    calibration_px : int
        Side of the photos that INT8 ranges are measured on. Larger photos serve small networks better, but a
        calibration keeps every activation in memory.
    own : Path, optional
        An ONNX file of the user's, instead of an architecture or published graphs.
    refused_by : mapping of backend name to reason
        Backends that open its format but not this graph.

    Raises
    ------
    UnknownName
        A file is not one of the published ones.
    InvalidValue
        Neither an architecture nor a graph is given, or neither a halo nor a reason why there is none.
    """

    name: str
    transform: Transform
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
            raise InvalidValue(f"network {self.name!r} must have either a halo or a reason why it has none.")
        for file in filter(None, (self.weights, *self.graphs.values())):
            if file not in WEIGHTS:
                raise unknown(f"weights of {self.name}", file, WEIGHTS)

    @property
    def is_trained(self) -> bool:
        """False for seeded weights: they are good for time and agreement, never for quality."""
        return self.seed is None

    @property
    def label(self) -> str:
        """The name, with ``(untrained)`` behind it where that is so: for every row, plot and picture."""
        return self.name if self.is_trained else f"{self.name} (untrained)"

    def untrained(self, seed: int = 0) -> Network:
        """The same network with weights drawn from `seed`, without its published graphs.

        Raises
        ------
        Unavailable
            It is published as a graph only, so there is no architecture to draw weights for.
        """
        if not self.architecture:
            raise Unavailable(f"{self.name} is published as a graph only; it has no untrained form.")
        return dataclasses.replace(self, seed=seed, graphs={}, quantised=None)

    def prepare(self, image: Image) -> Tensor:
        """The network's input for a picture: padded to `multiple`, then `transform`."""
        return self.transform(self.padded(image))

    def finish(self, output: Tensor, image: Image) -> Image:
        """The picture of the network's output for `image`: the padding is cut away, then `transform`.

        Raises
        ------
        InvalidValue
            The output is not `scale` times the input, which only a network of the user's can do, or it is not finite.
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
        return self.picture(output, image)

    def picture(self, output: Tensor, image: Image) -> Image:
        """The picture that `transform` makes of finite numbers.

        Raises
        ------
        InvalidValue
            The output has a NaN or infinity. It would become black, and one black picture agrees with another.
        """
        if not np.isfinite(output).all():
            raise InvalidValue(f"network {self.name!r} must give finite numbers; it gave NaN or infinity.")
        return self.transform.picture(output, image)

    def padded(self, image: Image) -> Image:
        """The picture with its last row and column repeated, until height and width are multiples of `multiple`."""
        missing = [-side % self.multiple for side in image.shape[:2]]
        if not any(missing):
            return image
        return np.pad(image, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
