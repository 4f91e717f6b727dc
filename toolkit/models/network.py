"""The description of a neural network: its weights, its input and output, and whether it can run in tiles."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from toolkit.core.errors import InvalidValue, NotFinite, Unavailable, unknown
from toolkit.core.params import Value
from toolkit.images.image import Image
from toolkit.models.published import WEIGHTS
from toolkit.models.transforms import Tensor, Transform

Infer = Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network with one set of weights; every runtime that can open one of its formats can run the network.

    Attributes
    ----------
    name : str
        Name of the network in messages, labels and file names, such as ``"carn_m_x3"``.
    transform : Transform
        Converts a picture, uint8 (H, W, 3) BGR, to the input, float32 (1, C, H, W), and the output, float32 (1, C,
        scale H, scale W), to a picture; see `toolkit.models.transforms`.
    architecture : str
        Name of a module of `toolkit.nets`; empty for a network that is published as a graph only.
    arguments : mapping
        Arguments of the architecture's function ``build``.
    weights : str
        Name of the published file with the architecture's weights; empty if no weights are published.
    graphs : mapping of format to published file
        Graphs that a runtime opens without an export: ``{"pb": ..., "onnx": ..., "tflite": ...}``.
    size : (int, int), optional
        Height and width of the input, px, if the network has a fixed input size; `transform` then stretches pictures to
        this size.
    multiple : int
        Height and width of the input must be multiples of this number; pictures are padded, and the output is cropped.
    halo : int, optional
        Largest distance, in px of the input, at which a pixel influences the output. `halo` is None if the network
        computes statistics of the whole picture or has a fixed `size`.
    whole_because : str
        The reason why the network cannot run in tiles, if `halo` is None.
    scale : int
        Output height (and width) divided by input height (and width).
    seed : int, optional
        Seed from which random (untrained) weights are drawn; None for published weights.
    reference : str
        Backend whose fp32 output is the reference for the outputs of all other backends.
    quantised : Network, optional
        The published INT8 version of the network, with its own `transform`.
    calibration_px : int
        Side, px, of the photos that calibrate INT8. Larger photos give small networks a better quality, but need more
        memory, because a calibration keeps every activation in memory.
    own : Path, optional
        The user's own ONNX file, instead of an architecture or published graphs.
    bytes_per_px : mapping of backend name to bytes
        Measured memory that a runtime needs for each pixel of the input in fp32. `bytes_per_px` is empty if the
        needed memory is not known or does not grow with the picture.
    refused_by : mapping of backend name to reason
        Backends that can open the network's format but cannot run its graph.

    Raises
    ------
    UnknownName
        A file is not in the list of published weights.
    InvalidValue
        Neither an architecture nor a graph is given; or `halo` and `whole_because` are both given or both missing.
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
    bytes_per_px: Mapping[str, int] = field(default_factory=dict)
    refused_by: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.architecture and not self.graphs and not self.own:
            raise InvalidValue(f"network {self.name!r} must have an architecture or a graph; it has neither.")
        if (self.halo is None) != bool(self.whole_because):
            raise InvalidValue(f"network {self.name!r} must have either a halo or a reason for having none.")
        for file in filter(None, (self.weights, *self.graphs.values())):
            if file not in WEIGHTS:
                raise unknown(f"weights of {self.name}", file, WEIGHTS)

    @property
    def is_trained(self) -> bool:
        """Whether the network has published weights; random weights serve to measure times, but not quality."""
        return self.seed is None

    @property
    def label(self) -> str:
        """The name of the network in rows, plots and pictures; it ends in ``(untrained)`` for an untrained network."""
        return self.name if self.is_trained else f"{self.name} (untrained)"

    def memory_bytes(self, backend: str, pixels: int) -> int:
        """Approximate memory, bytes, that a backend needs for a picture of `pixels` pixels; 0 if no figure is known."""
        most = max(self.bytes_per_px.values(), default=0)
        return self.bytes_per_px.get(backend, most) * pixels

    def untrained(self, seed: int = 0) -> Network:
        """A copy of this network with random weights that `seed` determines, without the published graphs.

        Raises
        ------
        Unavailable
            The network is published as a file with its graph only; random weights need an architecture in PyTorch.
        """
        if not self.architecture:
            raise Unavailable(f"{self.name} is published as a graph only; it cannot run untrained.")
        return dataclasses.replace(self, seed=seed, graphs={}, quantised=None)

    def prepare(self, image: Image) -> Tensor:
        """The network's input for a picture: the picture padded to multiples of `multiple` px, then transformed."""
        return self.transform(self.padded(image))

    def finish(self, output: Tensor, image: Image) -> Image:
        """Convert the network's output for `image` to a picture, without the padding.

        Raises
        ------
        InvalidValue
            The output is not `scale` times as large as the input (only a network file of the user can give such an
            output).
        NotFinite
            The output has a NaN or infinity.
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
        """The picture that `transform` makes of the output, which must be finite.

        Raises
        ------
        NotFinite
            The output has a NaN or infinity. NaN and infinity would become black pixels, so that two wrong backends
            would give equal pictures.
        """
        if not np.isfinite(output).all():
            raise NotFinite(f"network {self.name!r} must give finite numbers; it gave NaN or infinity.")
        return self.transform.picture(output, image)

    def padded(self, image: Image) -> Image:
        """The picture with its last row and column repeated, until height and width are multiples of `multiple`."""
        missing = [-side % self.multiple for side in image.shape[:2]]
        if not any(missing):
            return image
        return np.pad(image, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
