"""The backend NumPy on the CPU: it runs the plain float64 references, which are slow and simple."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from toolkit.contracts.backend import Backend, Placement
from toolkit.core.choices import Device
from toolkit.core.params import Value


class NumPy(Backend):
    """Kernels receive the ``numpy`` module; element-wise operations use one thread, even if the user asks for more."""

    name = "numpy"

    @contextmanager
    def session(self, placement: Placement) -> Iterator[Any]:
        self.check(placement)
        import numpy

        yield numpy

    def observed(self) -> Mapping[str, Value]:
        return {"threads": 1, "device": Device.CPU}


BACKEND = NumPy()
