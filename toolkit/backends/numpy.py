"""The backend NumPy on the CPU: it runs the plain float64 references, which are slow and simple."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from toolkit.contracts.backend import Backend, Placement
from toolkit.core.choices import Device
from toolkit.core.params import Value


class NumPy(Backend):
    """Passes the module ``numpy`` to kernels; NumPy's element-wise operations always use one thread."""

    name = "numpy"

    @contextmanager
    def session(self, placement: Placement) -> Iterator[Any]:
        self.check(placement)
        import numpy

        yield numpy

    def observed(self) -> Mapping[str, Value]:
        return {"threads": 1, "device": Device.CPU}


BACKEND = NumPy()
