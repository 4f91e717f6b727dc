"""Code that all backends for networks share: sessions, graphs as functions, and error messages of one sentence."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

import numpy as np

from toolkit.contracts.backend import Backend, Placement
from toolkit.contracts.loaded_network import Form
from toolkit.core.errors import AtelierError
from toolkit.core.params import Value, resolve
from toolkit.models.tensor_shape import check_shape, in_pictures, written
from toolkit.models.transforms import Tensor

# A runtime's error with one of these texts in its message, in lower case, means that memory ran out. The error becomes
# a MemoryError, so that the user is told how to use less memory.
_MEMORY_SIGNS = ("bad_alloc", "bad allocation", "failed to allocate", "allocate memory", "out of memory")

OpenRuntime = TypeVar("OpenRuntime")
ErrorOf = Callable[[str, Exception], AtelierError | None]
"""Function of a text (which step failed) and a runtime's error; gives an AtelierError, or None for an unknown error."""


class NetworkBackend(Backend):
    """A backend whose sessions load networks; the method `session` of a subclass uses `opened` to yield its runtime.

    During a session, `observed` returns the result of the runtime's method ``observed``.
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
        """Until the context ends, `observed` reports on `runtime`, later on the runtime of the outer session."""
        outer, self._open = self._open, runtime
        try:
            yield runtime
        finally:
            self._open = outer

    def observed(self) -> Mapping[str, Value]:
        return {} if self._open is None else self._open.observed()


class Graph(ABC):
    """An opened graph as a function from float32 (N, C, H, W) to float32 (N, C', H', W'); a call waits for the result.

    Parameters
    ----------
    form : Form
        The network and its file; their names appear in error messages.
    declared : sequence of int or None
        Lengths of the input's four axes as the graph declares them; None where any length is allowed.
    """

    runtime_name: ClassVar[str]
    """Name of the runtime in error messages, such as ``"OpenVINO"``."""

    def __init__(self, form: Form, declared: Sequence[int | None]) -> None:
        self.name, self._size, self.declared = form.source.name, form.network.size, tuple(declared)

    @property
    def takes_one_by_one(self) -> bool:
        """Whether a batch runs picture by picture, because the graph accepts only one picture in a call."""
        return self.declared[0] == 1

    @abstractmethod
    def run(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """Run the graph on each input in `parts`; the outputs are in memory that later calls do not overwrite."""

    @abstractmethod
    def error_of(self, what: str, error: Exception) -> AtelierError | None:
        """The AtelierError for an error of `run`, or None for an unknown error; `what` names the step that failed."""

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
    """Replace a runtime's own error by an AtelierError whose message is one sentence that begins with `what`.

    Parameters
    ----------
    what : str
        The step that failed, such as ``"OpenVINO could not compile edsr.onnx"``.
    error_of : callable
        Function of `what` and the runtime's error that returns the AtelierError. `error_of` is not called for an
        error that is an AtelierError already, or if memory ran out.

    Raises
    ------
    MemoryError
        The runtime's error, whose class depends on the runtime, says that memory ran out.

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
        if isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in _MEMORY_SIGNS):
            raise MemoryError(f"{what}: out of memory") from error
        meant = error_of(what, error)
        if meant is None:
            raise
        raise meant from error
