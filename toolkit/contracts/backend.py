"""Backends, which run operations: each module of ``toolkit.backends`` defines one backend, for one runtime."""

from __future__ import annotations

import copy
import importlib.util
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from toolkit.contracts.declaration import check_backend
from toolkit.contracts.registry import Registry
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import Unavailable, invalid
from toolkit.core.params import Param, Value
from toolkit.machine.versions import distribution_version

MOST_THREADS = 1024


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where and how a backend runs: device, threads inside one process, precision, and options of the backend.

    Attributes
    ----------
    device : {"cpu", "cuda"}
        The kind of processor on which the backend computes.
    threads : int
        Number of threads that one process may use, 1 to `MOST_THREADS`.
    precision : {"fp32", "bf16", "fp16", "int8"}
        Arithmetic of a model; filters have one precision only, ``"fp32"``.
    options : tuple of (str, value)
        The backend's declared options that differ from their defaults, sorted by name.
    """

    device: str = Device.CPU
    threads: int = 1
    precision: str = Precision.FP32
    options: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        Device.check(self.device, "device", "a placement")
        Precision.check(self.precision, "precision", "a placement")
        if type(self.threads) is not int or not 1 <= self.threads <= MOST_THREADS:
            raise invalid("threads", "a placement", f"a whole number in [1, {MOST_THREADS}]", self.threads)


_FOUND: set[str] = set()
"""Names of the runtimes' modules that were found; they are kept because searching for a module reads the disk."""


class Backend(ABC):
    """A runtime, such as OpenCV or PyTorch; a subclass must define `name` and `session`, all else has defaults.

    Attributes
    ----------
    name : str
        The backend's name, which must be the name of the backend's file without ``.py``.
    module : str
        The Python module of the runtime; if the module can be found, the backend is installed. By default the module
        has the backend's `name`.
    distribution : str
        The package that pip installs; its metadata gives the version without an import. By default the package has
        the backend's `name`.
    install : str
        The command that an error message shows to a user without the runtime; by default ``pip install``
        `distribution`.
    formats : tuple of str
        Model formats that the runtime can load, best format first.
    options : tuple of Param
        Declared settings of this backend, which a Trial may contain.
    devices, precisions : tuple of str
        The devices and the precisions with which the runtime can compute.
    variants : tuple of mapping
        Sets of options; a sweep over all backends measures each set as a trial of its own.
    kernel : str
        The name of the operation's kernel on this backend; ``""`` for a kernel without a name of its own.
    """

    name: ClassVar[str]
    module: ClassVar[str]
    distribution: ClassVar[str]
    install: ClassVar[str]
    formats: ClassVar[tuple[str, ...]] = ()
    options: ClassVar[tuple[Param, ...]] = ()
    devices: ClassVar[tuple[str, ...]] = (Device.CPU,)
    precisions: ClassVar[tuple[str, ...]] = (Precision.FP32,)
    variants: ClassVar[tuple[Mapping[str, Value], ...]] = ({},)
    kernel: str = ""

    def __init_subclass__(cls) -> None:
        name = getattr(cls, "name", "")
        cls.module = getattr(cls, "module", "") or name
        cls.distribution = getattr(cls, "distribution", "") or name
        cls.install = getattr(cls, "install", "") or f"pip install {cls.distribution}"
        if name:  # a class without a name is a base class of backends
            check_backend(cls)

    @property
    def entry(self) -> str:
        """The key of ``Operation.kernels``: ``numba``, or ``numba:tiled`` for a kernel with a name of its own."""
        return f"{self.name}:{self.kernel}" if self.kernel else self.name

    @abstractmethod
    def session(self, placement: Placement) -> AbstractContextManager[Any]:
        """Import the runtime, apply `placement` and yield the object that kernels receive; on exit, undo `placement`.

        The yielded object of a backend with `formats` also loads networks: see
        `toolkit.contracts.loaded_network.Runtime`.
        """

    def variants_in(self, precision: str) -> tuple[Mapping[str, Value], ...]:
        """The sets of options in `variants` that have an effect when the runtime computes in a given precision."""
        return self.variants

    def environment(self, placement: Placement) -> Mapping[str, str]:
        """Environment variables that a worker needs before it imports the runtime."""
        return {}

    def cold_environment(self, placement: Placement, empty: Path) -> Mapping[str, str]:
        """Environment variables that move the runtime's on-disk cache to the folder `empty`; {} without a cache."""
        return {}

    def observed(self) -> Mapping[str, Value]:
        """Number of threads and device that the runtime itself reports during an open session."""
        return {}

    def sync(self) -> None:  # noqa: B027 - most runtimes queue no work on a device
        """Wait until the device has done all work that is queued on it."""

    def most_threads(self) -> int:
        """The largest number of threads that a session in this process can have; no runtime is imported for this."""
        return MOST_THREADS

    def is_installed(self) -> bool:
        """Whether the runtime's Python module can be found; nothing is imported."""
        if self.module in _FOUND:
            return True
        # find_spec raises an error for a module that another thread is importing, so sys.modules is checked first.
        if sys.modules.get(self.module) is None and importlib.util.find_spec(self.module) is None:
            return False
        _FOUND.add(self.module)
        return True

    def version(self) -> str:
        """Version of the runtime's installed distribution, ``""`` if there is none; nothing is imported."""
        return distribution_version(self.distribution)

    def check(self, placement: Placement) -> None:
        """Raise `Unavailable` if the runtime is not installed here or cannot run with `placement`.

        Raises
        ------
        Unavailable
            The runtime is not installed, or cannot use the device or the precision of `placement`.
        """
        if not self.is_installed():
            raise Unavailable(f"backend {self.name!r} is not installed here; {self.install}.")
        for wanted, have, noun in (
            (placement.device, self.devices, "device"),
            (placement.precision, self.precisions, "precision"),
        ):
            if wanted not in have:
                raise Unavailable(
                    f"{noun!r} of backend {self.name} must be one of {', '.join(have)}; got {wanted!r}."
                )


BACKENDS: Registry[Backend] = Registry("backend", "toolkit.backends", "BACKEND", Backend)


def backend_named(entry: str) -> Backend:
    """The backend that ``numba`` or ``numba:tiled`` names; its attribute `kernel` is the part after the colon.

    Raises
    ------
    UnknownName
        No backend has this name.
    """
    name, _, kernel = entry.partition(":")
    return _with_kernel(BACKENDS[name], kernel) if kernel else BACKENDS[name]


@cache
def _with_kernel(backend: Backend, kernel: str) -> Backend:
    """A backend with one of its kernels: always the same object, because a session keeps its state in the object."""
    found = copy.copy(backend)
    found.kernel = kernel
    return found
