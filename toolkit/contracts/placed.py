"""An operation with parameters, backend and placement (device, threads, precision), as `apply` chooses them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from toolkit.contracts.backend import Backend, Placement, backend_named
from toolkit.contracts.content import require_content
from toolkit.contracts.kernel import BuiltKernel
from toolkit.contracts.operation import Operation, Params
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import AtelierError, InvalidValue, TrialFailed
from toolkit.images.alpha import colours_of, with_alpha
from toolkit.images.image import Image
from toolkit.machine.hardware import allowed_cpus
from toolkit.models.network import Network

_BGRA = 4  # number of channels of a picture with alpha


@dataclass(frozen=True)
class Placed:
    """An operation with its parameters, backend and placement (device, threads, precision), ready to be built."""

    op: Operation
    params: Params
    backend: Backend
    placement: Placement

    @property
    def network(self) -> Network | None:
        """The network that the operation runs with its parameters; None for an operation without a network."""
        return self.op.network_of(self.params)

    def check(self) -> None:
        """Raise `Unavailable` or `Unsupported` unless the operation can run on the backend on this machine."""
        self.backend.check(self.placement)
        self.op.require(self.backend, self.params)

    def build(self, runtime: Any) -> BuiltKernel:
        """Build the operation's kernel for the runtime that the backend's session yielded."""
        return self.op.build(self.backend, runtime, self.params, self.placement.precision)

    @contextmanager
    def opened(self, *, may_be_empty: bool = False) -> Iterator[BuiltKernel]:
        """Open the backend and yield the kernel; `failure` translates errors while the kernel is built and called.

        Parameters
        ----------
        may_be_empty : bool
            Whether an output that shows nothing of its input is returned; if False, such an output raises an error.
        """
        with self.backend.session(self.placement) as runtime:
            try:
                kernel = self.build(runtime)
                yield kernel if may_be_empty else self.checked(kernel)
            except Exception as error:
                raise self.failure(error) from error

    def checked(self, kernel: BuiltKernel) -> BuiltKernel:
        """The kernel, extended to keep alpha and to raise `EmptyPicture` for an output that shows nothing."""

        def many(images: Sequence[Image]) -> list[Image]:
            given = [colours_of(image) if image.shape[2] == _BGRA else image for image in images]
            outputs = [kernel(given[0])] if len(given) == 1 else kernel.batch(given)
            for number, image in enumerate(images):
                require_content(self.op, self.params, given[number], outputs[number])
                if image.shape[2] == _BGRA:
                    outputs[number] = with_alpha(outputs[number], image[..., 3])
            return outputs

        return replace(kernel, one=lambda image: many([image])[0], many=many)

    def failure(self, error: Exception) -> AtelierError:
        """The AtelierError, with a message of one sentence, that `apply` raises for an error of a kernel."""
        if isinstance(error, AtelierError):
            return error
        op, said = self.op, " ".join(str(error).split()).rstrip(".")
        where = f"on backend {self.backend.entry!r}"
        if isinstance(error, MemoryError):
            why = f" ({said})" if said else ""
            return TrialFailed(f"{op.name} ran out of memory {where}{why}. {op.lighter_way(self.params)}")
        return TrialFailed(f"{op.name} failed {where}: {type(error).__name__}: {said}.")


@contextmanager
def opened_steps(steps: Iterable[Placed]) -> Iterator[Callable[[Image], Image]]:
    """Open the backends of the operations in `steps`, and yield a function that runs these operations in order."""
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
    """Device, threads and precision of an `apply` call; by default one thread for each processor of this process."""
    count = allowed_cpus() if threads is None else threads
    return Placement(device=device, threads=count, precision=precision)


def place(
    op: Operation,
    image: Image,
    params: Params,
    backend: str | None,
    placement: Placement,
    *,
    are_threads_asked: bool = True,
) -> Placed:
    """The operation of an `apply` call, with its backend and placement; if `backend` is None, `op` chooses a backend.

    If the caller gave no number of threads, and the backend can have only fewer threads in this process than there are
    processors, the backend gets that smaller number of threads.

    Raises
    ------
    InvalidValue
        The backend that the caller names makes a wrong picture at this picture size.
    Unavailable
        No backend has the device and the precision, or the backend that the caller names is not installed here.
    """
    height, width = image.shape[:2]
    name = backend or op.choose_backend(height, width, params, placement)
    refused = wrong_size(op, image, params, name)
    if refused is not None:
        raise refused
    chosen = backend_named(name)
    if not are_threads_asked:
        placement = replace(placement, threads=min(placement.threads, chosen.most_threads()))
    chosen.check(placement)
    return Placed(op, params, chosen, placement)


def wrong_size(op: Operation, image: Image, params: Params, backend: str) -> InvalidValue | None:
    """The error for a backend that makes a wrong picture at the size of `image`; None if its picture is right."""
    height, width = image.shape[:2]
    reason = op.wrong_because(backend, height, width, params)
    hint = "Use another backend, or shrink the picture first with fit_pixels."
    return InvalidValue(f"{reason} {hint}") if reason else None
