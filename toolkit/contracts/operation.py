"""Operations on pictures, such as filters and networks; each module of ``toolkit.ops`` defines one operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.contracts.backend import BACKENDS, Backend, Placement, backend_named
from toolkit.contracts.declaration import check_operation
from toolkit.contracts.kernel import BuiltKernel, network_kernel
from toolkit.contracts.loaded_network import NETWORK_PARAMS, form_of
from toolkit.contracts.presets import Presets, with_preset
from toolkit.contracts.registry import Registry, load_file
from toolkit.contracts.tolerance import NETWORK_TOLERANCES, UNJUDGED, Tolerance
from toolkit.contracts.trial_keys import RESERVED
from toolkit.core.choices import Precision
from toolkit.core.errors import Unavailable, Unsupported, invalid
from toolkit.core.params import Param, Value, resolve
from toolkit.images.image import Image
from toolkit.models.network import Network

Kernel = Callable[..., Image]
Builder = Callable[..., Kernel]
Params = Mapping[str, Value]
SizeLimit = Callable[[int, int, Params], str]
Halo = Callable[[Params], int]
OutputShape = Callable[[int, int, Params], tuple[int, int, int]]

_SMALLER = "--max-megapixels 4, or fit_pixels"
_NETWORK_BACKENDS = ("openvino", "onnxruntime", "torch", "opencv_dnn")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation on pictures, and the kernels or the network that can run the operation.

    Attributes
    ----------
    name : str
        The operation's name, which must be the name of its file without ``.py``.
    summary : str
        One line that describes the operation to users.
    params : tuple of Param
        The parameters of the operation; checks, sliders and command-line options are made from these declarations.
    kernels : mapping of backend to builder
        A builder is called once with the opened runtime and the fixed (``rebuild``) parameters and returns
        ``kernel(image, **params) -> image``. A second kernel on a backend has a name of its own after the name of the
        backend: ``"numba:tiled"``. The input is uint8 (H, W, 3) BGR and must not be changed; the
        output is a new C-contiguous uint8 array with `channels` channels.
    network : callable, optional
        ``params -> Network``: the operation then runs on every backend that can open one of the network's formats,
        and has `NETWORK_PARAMS` too. A backend with an entry in `kernels` uses that entry instead.
    reference : str
        The entry of `kernels` whose output is right by definition. By default the reference is the entry of backend
        numpy if there is one, else the first entry; a network has `Network.reference` instead.
    prefer : tuple of str
        Entries of `kernels`, or backends, in the order in which ``apply`` tries them. By default ``apply`` tries all
        entries of `kernels` in their order, or, for a network, openvino, onnxruntime, torch, opencv_dnn.
    size_limits : mapping of backend name to ``(height, width, params) -> sentence``
        Functions that say in a sentence why a backend's output is wrong at a picture size; ``""`` for a right output.
    channels : int
        Number of channels of the output: 1, 3 or 4.
    scale : int
        Output height (and width) divided by input height; for a network, `Network.scale` is used instead.
    output_shape : ``(height, width, params) -> (height, width, channels)``, optional
        Shape of the output, if `channels` and `scale` cannot describe it (shrinking to a fixed size, for example).
    halo : ``params -> px``, optional
        Distance, px, up to which a pixel changes the output by more than a level; None without limit and for networks.
    is_style : bool
        Whether the operation is an art style, one of those that a page of all styles shows.
    tolerance : Tolerance
        Largest difference from the reference output at which an output still counts as equal.
    tolerances : mapping of backend name to Tolerance
        Tolerances of backends whose outputs differ from the reference by more than `tolerance`, but invisibly.
    task : {"", "super-resolution", "matte"}
        Kind of ground truth that the output can be compared with.
    keeps_alpha : bool
        Whether ``apply`` also accepts BGRA pictures: the operation changes the colours, and alpha is only resized.
    presets : mapping of name to parameters
        Named sets of parameters. A value may be a `ShareOfSide`: a length relative to the picture.
    former_defaults : mapping of parameter to value
        Default values that held when measurements were stored without all parameters; see `Measurement.from_dict`.

    Raises
    ------
    InvalidValue
        An attribute has a wrong type; two parameters have the same name, or a name is in `RESERVED`, which `apply` and
        trials use for other purposes; a preset has an unknown parameter or a wrong value.
    """

    name: str
    summary: str
    kernels: Mapping[str, Builder] = field(default_factory=dict)
    network: Callable[[Params], Network] | None = None
    params: tuple[Param, ...] = ()
    reference: str = ""
    prefer: tuple[str, ...] = ()
    size_limits: Mapping[str, SizeLimit] = field(default_factory=dict)
    channels: int = 3
    scale: int = 1
    output_shape: OutputShape | None = None
    halo: Halo | None = None
    is_style: bool = False
    tolerance: Tolerance = field(default_factory=Tolerance)
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)
    task: str = ""
    keeps_alpha: bool = False
    presets: Presets = field(default_factory=dict)
    former_defaults: Params = field(default_factory=dict)

    def __post_init__(self) -> None:
        for attribute in ("params", "prefer"):
            value = getattr(self, attribute)
            object.__setattr__(self, attribute, tuple(value) if isinstance(value, list) else value)
        check_operation(self)
        object.__setattr__(self, "reference", self.reference or _reference_among(self.kernels))
        usual = tuple(self.kernels) if self.network is None else _NETWORK_BACKENDS
        object.__setattr__(self, "prefer", self.prefer or usual)
        if self.network is not None:
            missing = (param for param in NETWORK_PARAMS if param not in self.params)
            object.__setattr__(self, "params", (*self.params, *missing))
        names = [p.name for p in self.params]
        for name in names:
            if name in RESERVED or not name.isidentifier() or names.count(name) > 1:
                constraint = f"a unique Python name, none of {', '.join(sorted(RESERVED))}"
                raise invalid("params", self.name, constraint, name)
        for preset in self.presets:
            self.resolve({"preset": preset})

    def resolve(
        self, given: Mapping[str, object], *, size: tuple[int, int] | None = None
    ) -> dict[str, Value]:
        """The value of every parameter, checked; see `toolkit.core.params.resolve`.

        ``preset=NAME`` stands for the parameters of that preset; other given parameters override the preset.

        Parameters
        ----------
        size : (int, int), optional
            Sides of the picture, px. Without `size`, a parameter whose preset depends on the picture has its default.
        """
        if self.presets and "preset" in given:
            given = with_preset(self.presets, given, self.params, size=size, owner=self.name)
        return resolve(self.params, given, self.name)

    @property
    def channels_in(self) -> tuple[int, ...]:
        """The numbers of channels that ``apply`` accepts."""
        return (3, 4) if self.keeps_alpha else (3,)

    def network_of(self, params: Params) -> Network | None:
        """The network that `params` choose, with trained or random weights; None if the operation has no network."""
        if self.network is None:
            return None
        network = self.network(params)
        return network.untrained() if params["weights"] == "untrained" else network

    def halo_of(self, params: Params) -> int | None:
        """Distance, px of the input, up to which a pixel influences the output; None if there is no limit."""
        network = self.network_of(params)
        own = self.halo(params) if self.halo is not None else None
        return own if network is None else network.halo

    def reference_of(self, params: Params) -> str:
        """Name of the backend whose output is right by definition."""
        network = self.network_of(params)
        return self.reference if network is None else network.reference

    def runs_on(self, backend: Backend, params: Params | None = None) -> bool:
        """Whether this operation can run on `backend` with `params`, or with its default parameters."""
        if backend.entry in self.kernels or self.network is None:
            return backend.entry in self.kernels
        network = self.network_of(self.resolve({}) if params is None else params)
        return network is not None and form_of(network, backend, Precision.FP32) is not None

    def ways(self, params: Params | None = None) -> list[str]:
        """Names of all backends that can run this operation, and of all further kernels (``numba:tiled``); sorted."""
        further = [entry for entry in self.kernels if ":" in entry]
        return sorted([*(one.name for one in BACKENDS.loadable() if self.runs_on(one, params)), *further])

    def tolerance_of(self, backend: str, precision: str, params: Params) -> Tolerance:
        """Largest difference between the output of `backend` at `precision` and the reference that counts as equal."""
        network = self.network_of(params)
        if network is None:
            return self.tolerances.get(backend, self.tolerance)
        if precision == Precision.INT8 and not network.is_trained:
            # int8 needs typical ranges of values, which random weights lack: in int8 any output is accepted.
            return UNJUDGED
        return NETWORK_TOLERANCES[precision]

    def require(self, backend: Backend, params: Params) -> None:
        """Raise `Unsupported` unless this operation runs on `backend`."""
        if not self.runs_on(backend, params):
            network = self.network_of(params)
            reason = network.refused_by.get(backend.name) if network is not None else None
            why = f" ({reason})" if reason else ""
            ways = ", ".join(self.ways(params))
            raise Unsupported(f"{self.name} cannot run on backend {backend.entry!r}{why}; it runs on {ways}.")

    def build(
        self, backend: Backend, runtime: Any, params: Params, precision: str = Precision.FP32
    ) -> BuiltKernel:
        """Build the operation's kernel for `backend`: a function from picture to picture with `params` applied.

        Parameters
        ----------
        backend : Backend
            The backend, whose session is open.
        runtime : object
            The opened runtime: the object that ``backend.session`` yielded.
        params : mapping
            The value of every parameter, as returned by `resolve`.
        precision : {"fp32", "bf16", "fp16", "int8"}
            Precision in which a network computes; other kernels ignore this value.

        Raises
        ------
        Unsupported
            The operation cannot run on this backend.
        Unavailable
            The weights of the network are missing on this machine.
        """
        self.require(backend, params)
        if backend.entry not in self.kernels:
            network = self.network_of(params)
            assert network is not None  # `require` has checked that the operation has a network
            tile, reload = int(params["tile"]), bool(params["reload"])
            return network_kernel(network, backend, runtime, precision, tile=tile, reload=reload)
        builder = self.kernels[backend.entry]
        fixed = {p.name: params[p.name] for p in self.params if p.rebuild}
        free = {p.name: params[p.name] for p in self.params if not p.rebuild}
        kernel = builder(runtime, **fixed)
        return BuiltKernel(lambda image: kernel(image, **free))

    def shape(self, height: int, width: int, params: Params) -> tuple[int, int, int]:
        """Shape (H, W, C) of the operation's output for an input of `height` x `width` pixels."""
        if self.output_shape is not None:
            return self.output_shape(height, width, params)
        scale = self.scale if self.network is None else self.network(params).scale
        return height * scale, width * scale, self.channels

    def lighter_way(self, params: Params) -> str:
        """A hint for a user whose memory ran out: how to run the operation with less memory."""
        network = self.network_of(params)
        if network is None or network.halo is None or params["tile"]:
            return f"A smaller picture ({_SMALLER}) needs less memory."
        return f"Tiles (--tile 1024) or a smaller picture ({_SMALLER}) need less memory."

    def wrong_because(self, backend: str, height: int, width: int, params: Params) -> str:
        """The reason why the output of `backend` is wrong at this picture size; ``""`` if the output is right."""
        limit = self.size_limits.get(backend)
        return limit(height, width, params) if limit else ""

    def choose_backend(
        self, height: int, width: int, params: Params, placement: Placement | None = None
    ) -> str:
        """The first backend in `prefer` that has `device` and `precision` and makes a right picture at this size.

        Raises
        ------
        Unavailable
            No backend in `prefer` is suitable; the message gives the reason for each backend.
        """
        reasons = []
        for name in self.prefer:
            backend = backend_named(name)
            if not self.runs_on(backend, params):
                reasons.append(f"backend {name!r} cannot run the operation")
                continue
            try:
                backend.check(placement or Placement())
            except Unavailable as error:
                reasons.append(str(error))
                continue
            reason = self.wrong_because(name, height, width, params)
            if not reason:
                return name
            reasons.append(reason)
        why = "; ".join(reason.rstrip(".") for reason in reasons)
        raise Unavailable(f"{self.name} has no backend for {width} x {height} px here: {why}.")


def _reference_among(kernels: Mapping[str, Builder]) -> str:
    return next((entry for entry in kernels if entry.partition(":")[0] == "numpy"), next(iter(kernels), ""))


OPERATIONS: Registry[Operation] = Registry("operation", "toolkit.ops", "OPERATION", Operation)


def load_plugin(path: str | Path) -> str:
    """Register the operation or backend that a Python file defines; returns the file's SHA-256.

    Raises
    ------
    InvalidValue
        The file is missing, cannot be imported, or defines neither ``OPERATION`` nor ``BACKEND``.
    """
    return load_file(Path(path), (OPERATIONS, BACKENDS))
