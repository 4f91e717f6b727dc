"""Numba on the CPU: compiles the loops that this package itself defines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from toolkit.contracts.backend import Backend, Placement
from toolkit.core.choices import Device
from toolkit.core.errors import invalid
from toolkit.core.params import Value
from toolkit.kernels.compiled_cache import cache_folder


class Numba(Backend):
    """Kernels receive the ``numba`` module. ``numba.set_num_threads`` applies to the calling thread only.

    Compiled kernels are kept on disk, in one folder for each version of their sources and of Numba and for each
    processor. Numba's own cache would return an outdated kernel after an edit of a function in another file.
    """

    name = "numba"

    def environment(self, placement: Placement) -> Mapping[str, str]:
        return {"NUMBA_CACHE_DIR": str(cache_folder()), "NUMBA_NUM_THREADS": str(placement.threads)}

    def cold_environment(self, placement: Placement, empty: Path) -> Mapping[str, str]:
        return {"NUMBA_CACHE_DIR": str(empty)}

    @contextmanager
    def session(self, placement: Placement) -> Iterator[Any]:
        self.check(placement)
        import numba

        most = numba.config.NUMBA_NUM_THREADS
        if placement.threads > most:
            hint = "Numba fixes its largest number of threads when it is first imported in a process."
            raise invalid("threads", "backend numba", f"at most {most} here", placement.threads, hint)
        before, folder = numba.get_num_threads(), numba.config.CACHE_DIR
        numba.set_num_threads(placement.threads)
        # NUMBA_CACHE_DIR is set in worker processes: it names the folder where compiled kernels are kept.
        numba.config.CACHE_DIR = os.environ.get("NUMBA_CACHE_DIR") or str(cache_folder())
        self._cached = _compiled_files(numba.config.CACHE_DIR)
        try:
            yield numba
        finally:
            numba.set_num_threads(before)
            numba.config.CACHE_DIR = folder

    def observed(self) -> Mapping[str, Value]:
        import numba

        cached = _compiled_files(numba.config.CACHE_DIR) == self._cached
        return {
            "threads": numba.get_num_threads(),
            "device": Device.CPU,
            "cache": "warm" if cached else "cold",
        }


def _compiled_files(folder: str) -> int:
    return sum(1 for _ in Path(folder).rglob("*.nbc"))


BACKEND = Numba()
