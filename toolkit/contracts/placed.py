"""An operation with its parameters on a backend with a placement, and how a call of `apply` chooses the last two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from toolkit.contracts.backend import BACKENDS, Backend, Placement
from toolkit.contracts.kernel import BuiltKernel
from toolkit.contracts.operation import Operation, Params
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import AtelierError, InvalidValue, TrialFailed
from toolkit.images.image import Image
from toolkit.machine.hardware import allowed_cpus
from toolkit.models.network import Network


@dataclass(frozen=True)
class Placed:
    """An operation with all its parameters, on a backend, with a placement: what a trial or an `apply` call runs."""

    op: Operation
    params: Params
    backend: Backend
    placement: Placement

    @property
    def network(self) -> Network | None:
        """The network that runs; None for an operation without one."""
        return self.op.network_of(self.params)

    def check(self) -> None:
        """Raise `Unavailable` or `Unsupported` unless it can run on this machine."""
        self.backend.check(self.placement)
        self.op.require(self.backend, self.params)

    def build(self, runtime: Any) -> BuiltKernel:
        """The kernel, for the runtime that the backend's session yielded."""
        return self.op.build(self.backend, runtime, self.params, self.placement.precision)

    @contextmanager
    def opened(self) -> Iterator[BuiltKernel]:
        """Open the backend and yield the kernel; `failure` translates the errors of building and of calls."""
        with self.backend.session(self.placement) as runtime:
            try:
                yield self.build(runtime)
            except Exception as error:
                raise self.failure(error) from error

    def failure(self, error: Exception) -> AtelierError:
        """The error that `apply` raises for an error of a kernel: an AtelierError with one sentence."""
        if isinstance(error, AtelierError):
            return error
        op, said = self.op, " ".join(str(error).split()).rstrip(".")
        where = f"on backend {self.backend.name!r}"
        if isinstance(error, MemoryError):
            why = f" ({said})" if said else ""
            return TrialFailed(f"{op.name} ran out of memory {where}{why}. {op.lighter_way(self.params)}")
        return TrialFailed(f"{op.name} failed {where}: {type(error).__name__}: {said}.")


@contextmanager
def opened_steps(steps: Iterable[Placed]) -> Iterator[Callable[[Image], Image]]:
    """Open the backends of pre-steps and yield the function that runs them in order."""
    with ExitStack() as stack:
        kernels = [one.build(stack.enter_context(one.backend.session(one.placement))) for one in steps]

        def run(image: Image) -> Image:
            for kernel in kernels:
                image = kernel(image)
            return image

        yield run


def placement_for(
    threads: int | None, precision: str = Precision.FP32, device: str = Device.CPU
) -> Placement:
    """The placement of an `apply` call; with as many threads as this process may use where `threads` is None."""
    count = allowed_cpus() if threads is None else threads
    return Placement(device=device, threads=count, precision=precision)


def place(op: Operation, image: Image, params: Params, backend: str | None, placement: Placement) -> Placed:
    """What an `apply` call runs; `op` chooses the backend where none is named.

    Raises
    ------
    InvalidValue
        The named backend makes a wrong picture at this size.
    Unavailable
        No backend has the device and the precision, or the named one is missing here.
    """
    height, width = image.shape[:2]
    name = backend or op.choose_backend(height, width, params, placement)
    refused = wrong_size(op, image, params, name)
    if refused is not None:
        raise refused
    BACKENDS[name].check(placement)
    return Placed(op, params, BACKENDS[name], placement)


def wrong_size(op: Operation, image: Image, params: Params, backend: str) -> InvalidValue | None:
    """An error where `backend` makes a wrong picture at this size."""
    height, width = image.shape[:2]
    reason = op.wrong_because(backend, height, width, params)
    hint = "Take another backend, or shrink the picture first with fit_pixels."
    return InvalidValue(f"{reason} {hint}") if reason else None
