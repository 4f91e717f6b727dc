"""What is done to an image: one operation per module of ``toolkit.ops``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.core.backend import BACKENDS, Backend
from toolkit.core.errors import Unavailable, Unsupported, invalid
from toolkit.core.image import Image
from toolkit.core.params import Param, Value, resolve
from toolkit.core.registry import Registry, load_file

Kernel = Callable[..., Image]
Builder = Callable[..., Kernel]
Params = Mapping[str, Value]
SizeLimit = Callable[[int, int, Params], str]
OutputShape = Callable[[int, int, Params], tuple[int, int, int]]

# What `apply` and the written form of a trial call things of their own.
RESERVED = frozenset(
    "operation image backend threads precision device megapixels input images batch workers".split()
)


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How far an output may be from its reference and still be the same picture.

    Attributes
    ----------
    levels : int
        Largest difference, in grey levels of 255, that counts as equal.
    share : float
        Share of values that must be equal, 0..1.
    mean : float
        Largest mean absolute difference, in grey levels.
    """

    levels: int = 1
    share: float = 0.9999
    mean: float = 0.01


def float32_index_limit(function: str) -> SizeLimit:
    """Limit of OpenCV's normalised convolution: it keeps an index in float32.

    Beyond ``3 * height * (width + 1) = 2**24`` elements (about 5.6 MP) neighbouring indices collapse and the
    picture is silently wrong.

    >>> float32_index_limit("cv2.stylization")(1224, 1632, {})
    ''
    """

    def limit(height: int, width: int, params: Params) -> str:
        if 3 * height * (width + 1) <= 2**24:
            return ""
        return (
            f"{function} is wrong at {width} x {height} px: it keeps an index in float32, "
            "so its output is right only up to 3 x height x (width + 1) = 2^24 (about 5.6 MP)."
        )

    return limit


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A picture operation and the ways to run it.

    Attributes
    ----------
    name : str
        The module's own name.
    summary : str
        One line for people.
    params : tuple of Param
        Declared once; feeds validation, sliders, options, sweeps.
    kernels : mapping of backend name to builder
        A builder is called once with the opened runtime and the fixed (``rebuild``) parameters and
        returns ``kernel(image, **params) -> image``: uint8 (H, W, 3) BGR in, never written to; out a new
        C-contiguous uint8 array of `channels` channels.
    reference : str
        Backend whose output every other must agree with.
    prefer : tuple of str
        Backends in the order that ``apply`` tries them.
    size_limits : mapping of backend name to ``(height, width, params) -> sentence``
        A non-empty sentence says why that backend's output is wrong at that size.
    channels : int
        Channels of the output: 1, 3 or 4.
    scale : int
        Output height and width over input height and width.
    output_shape : ``(height, width, params) -> (height, width, channels)``, optional
        For operations whose output `channels` and `scale` cannot describe (pre-steps).
    is_style : bool
        Whether it belongs on the contact sheet of styles.
    tolerance : Tolerance
        What "agrees with the reference" means.
    tolerances : mapping of backend name to Tolerance
        For a backend whose own arithmetic is known to differ visibly nowhere, but by more than `tolerance`.

    Raises
    ------
    InvalidValue
        A parameter's name is given twice, or is one that `apply` and trials use themselves (`RESERVED`).
    """

    name: str
    summary: str
    kernels: Mapping[str, Builder]
    params: tuple[Param, ...] = ()
    reference: str = "opencv"
    prefer: tuple[str, ...] = ("opencv",)
    size_limits: Mapping[str, SizeLimit] = field(default_factory=dict)
    channels: int = 3
    scale: int = 1
    output_shape: OutputShape | None = None
    is_style: bool = False
    tolerance: Tolerance = Tolerance()
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [p.name for p in self.params]
        for name in names:
            if name in RESERVED or not name.isidentifier() or names.count(name) > 1:
                constraint = f"a Python name of its own, none of {', '.join(sorted(RESERVED))}"
                raise invalid("params", self.name, constraint, name)

    def resolve(self, given: Mapping[str, object]) -> dict[str, Value]:
        """Every parameter, checked; see `toolkit.core.params.resolve`."""
        return resolve(self.params, given, self.name)

    def runs_on(self, backend: Backend) -> bool:
        """Whether this operation has a way to run on `backend`."""
        return backend.name in self.kernels

    def tolerance_of(self, backend: str) -> Tolerance:
        """What "agrees with the reference" means for `backend`."""
        return self.tolerances.get(backend, self.tolerance)

    def require(self, backend: Backend) -> None:
        """Raise `Unsupported` unless this operation runs on `backend`."""
        if not self.runs_on(backend):
            ways = ", ".join(self.kernels)
            raise Unsupported(
                f"{self.name} has no way to run on backend {backend.name!r}; it runs on {ways}."
            )

    def build(self, backend: Backend, runtime: Any, params: Params) -> Callable[[Image], Image]:
        """Build the kernel once; the result maps an image to an image with `params` applied.

        Parameters
        ----------
        backend : Backend
            The opened backend.
        runtime : object
            What ``backend.session`` yielded.
        params : mapping
            Resolved parameters (see `resolve`).

        Raises
        ------
        Unsupported
            No kernel for this backend.
        """
        self.require(backend)
        builder = self.kernels[backend.name]
        fixed = {p.name: params[p.name] for p in self.params if p.rebuild}
        free = {p.name: params[p.name] for p in self.params if not p.rebuild}
        kernel = builder(runtime, **fixed)
        return lambda image: kernel(image, **free)

    def shape(self, height: int, width: int, params: Params) -> tuple[int, int, int]:
        """Shape (H, W, C) of the output for an input of `height` x `width` pixels."""
        if self.output_shape is not None:
            return self.output_shape(height, width, params)
        return height * self.scale, width * self.scale, self.channels

    def wrong_because(self, backend: str, height: int, width: int, params: Params) -> str:
        """Why `backend`'s output is wrong at this size; ``""`` when it is right."""
        limit = self.size_limits.get(backend)
        return limit(height, width, params) if limit else ""

    def choose_backend(self, height: int, width: int, params: Params) -> str:
        """The first installed entry of `prefer` whose size limit admits the picture.

        Raises
        ------
        Unavailable
            None is installed, or none is right at this size.
        """
        reasons = []
        for name in self.prefer:
            backend = BACKENDS[name]
            reason = self.wrong_because(name, height, width, params)
            if not backend.is_installed():
                reasons.append(f"{name} is not installed ({backend.install})")
            elif reason:
                reasons.append(reason)
            else:
                return name
        why = "; ".join(reason.rstrip(".") for reason in reasons)
        raise Unavailable(f"{self.name} has no backend for {width} x {height} px here: {why}.")


OPERATIONS: Registry[Operation] = Registry("operation", "toolkit.ops", "OPERATION", Operation)


def load_plugin(path: str | Path) -> str:
    """Register the operation or backend that a Python file defines; returns the file's SHA-256.

    Raises
    ------
    InvalidValue
        The file is missing, does not import, or defines neither ``OPERATION`` nor ``BACKEND``.
    """
    return load_file(Path(path), (OPERATIONS, BACKENDS))
