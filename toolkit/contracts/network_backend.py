"""What every backend that opens networks shares: its open session, graphs as functions, errors as one sentence."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from toolkit.contracts.backend import Backend, Placement
from toolkit.core.errors import AtelierError
from toolkit.core.params import Value, resolve
from toolkit.models.tensor_shape import check_shape, in_pictures, written

if TYPE_CHECKING:
    from toolkit.contracts.loaded_network import Form
    from toolkit.models.transforms import Tensor

_MEMORY_SIGNS = (
    "bad_alloc",
    "bad allocation",
    "Failed to allocate",
    "out of memory",
    "can't allocate memory",
    "Cannot allocate memory",
    "Insufficient memory",
)

OpenRuntime = TypeVar("OpenRuntime")
ErrorOf = Callable[[str, Exception], AtelierError | None]
"""What a failed attempt and a runtime's own error mean to us; None for an error that is not the runtime's."""


class NetworkBackend(Backend):
    """A backend whose sessions load networks; `session` yields its runtime through `opened`.

    Where the runtime has a method ``observed``, it is asked for what the backend reports during the session.
    """

    _open: Any = None

    def options_of(self, placement: Placement) -> dict[str, Value]:
        """Every option that this backend declares, with its value in `placement` or its default.

        Raises
        ------
        UnknownName, InvalidValue
            `placement` names an option that this backend lacks, or a value that the option does not allow.
        """
        return resolve(self.options, dict(placement.options), f"backend {self.name}")

    @contextmanager
    def opened(self, runtime: OpenRuntime) -> Iterator[OpenRuntime]:
        """Make `runtime` the one that `observed` reports; the one of an outer session afterwards."""
        outer, self._open = self._open, runtime
        try:
            yield runtime
        finally:
            self._open = outer

    def observed(self) -> Mapping[str, Value]:
        return {} if self._open is None else self._open.observed()


class Graph(ABC):
    """An opened graph: float32 (N, C, H, W) to float32 (N, C', H', W'), finished when it returns.

    Parameters
    ----------
    form : Form
        Names the file in error messages and says whether the network has one input size only.
    declared : sequence of int or None
        Lengths of the input's four axes as the graph declares them; None where any length is allowed.
    """

    runtime_name: ClassVar[str]
    """Subject of the error messages: ``"OpenVINO"``."""

    def __init__(self, form: Form, declared: Sequence[int | None]) -> None:
        self.name, self._size, self.declared = form.source.name, form.network.size, tuple(declared)

    @property
    def takes_one_by_one(self) -> bool:
        """Whether a batch is run picture by picture: the graph's batch size is fixed at one."""
        return self.declared[0] == 1

    @abstractmethod
    def run(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """The outputs of `parts`, in memory that no later call overwrites."""

    @abstractmethod
    def error_of(self, what: str, error: Exception) -> AtelierError | None:
        """See `translated`."""

    def __call__(self, tensor: Tensor) -> Tensor:
        parts = [tensor[i : i + 1] for i in range(len(tensor))] if self.takes_one_by_one else [tensor]
        check_shape(self.name, self.declared, parts[0].shape)
        what = f"{self.runtime_name} could not run {self.name} on an input {written(tensor.shape)}"
        with translated(what, self.error_of):
            outputs = self.run(parts)
        found = [
            in_pictures(self.name, output, len(part), self._size)
            for output, part in zip(outputs, parts, strict=True)
        ]
        return found[0] if len(found) == 1 else np.concatenate(found)


@contextmanager
def translated(what: str, error_of: ErrorOf) -> Iterator[None]:
    """Raise what a runtime raises as one sentence that begins with `what`.

    Parameters
    ----------
    what : str
        What was tried and failed, such as ``"OpenVINO could not compile edsr.onnx"``.
    error_of : callable
        From `what` and the runtime's error to ours; not asked about errors of ours and missing memory.

    Raises
    ------
    MemoryError
        The runtime's error says that memory ran out, which each runtime does by a class of its own.

    Examples
    --------
    >>> with translated("the runtime could not run edsr.onnx", lambda what, error: None):
    ...     raise RuntimeError("std::bad_alloc")
    Traceback (most recent call last):
    MemoryError: the runtime could not run edsr.onnx: out of memory
    """
    try:
        yield
    except AtelierError:
        raise
    except Exception as error:
        if isinstance(error, MemoryError) or any(sign in str(error) for sign in _MEMORY_SIGNS):
            raise MemoryError(f"{what}: out of memory") from error
        meant = error_of(what, error)
        if meant is None:
            raise
        raise meant from error
