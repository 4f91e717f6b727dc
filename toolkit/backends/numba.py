"""The backend Numba: it compiles the loops that this package itself defines, for the CPU."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from ctypes.util import find_library
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from toolkit.contracts.backend import MOST_THREADS, Backend, Placement
from toolkit.core.choices import Device
from toolkit.core.errors import invalid
from toolkit.core.params import Value
from toolkit.kernels.compiled_cache import cache_folder

_log = logging.getLogger(__name__)


class Numba(Backend):
    """Passes the module ``numba`` to kernels. ``numba.set_num_threads`` applies to the calling thread only.

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
        if "numba" not in sys.modules:
            _leave_out_wrong_variables()
        import numba

        most = self.most_threads()
        if placement.threads > most:
            variable = os.environ.get("NUMBA_NUM_THREADS")
            hint = "Numba fixes its largest number of threads when it is first imported in a process"
            hint += f"; NUMBA_NUM_THREADS is {variable!r}." if variable else "."
            raise invalid("threads", "backend numba", f"at most {most} here", placement.threads, hint)
        _cache_where_possible()
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

    def most_threads(self) -> int:
        if "numba" in sys.modules:
            return max(1, sys.modules["numba"].config.NUMBA_NUM_THREADS)
        told = os.environ.get("NUMBA_NUM_THREADS", "")
        return int(told) if _is_positive(told) else MOST_THREADS

    def observed(self) -> Mapping[str, Value]:
        import numba

        cached = _compiled_files(numba.config.CACHE_DIR) == self._cached
        return {
            "threads": numba.get_num_threads(),
            "device": Device.CPU,
            "cache": "warm" if cached else "cold",
        }


def _leave_out_wrong_variables() -> None:
    """Remove environment variables whose values make Numba raise an error, at its import or in a kernel."""
    is_right: dict[str, Callable[[str], bool]] = {
        "NUMBA_NUM_THREADS": _is_positive,
        "NUMBA_DISABLE_JIT": lambda value: value in ("", "0"),  # "1" turns Numba's compiler off
        "NUMBA_THREADING_LAYER": _is_layer,
    }
    for name, check in is_right.items():
        value = os.environ.get(name)
        if value is not None and not check(value):
            _log.warning("%s=%s is ignored, because no Numba kernel can run with this value.", name, value)
            del os.environ[name]


def _is_positive(value: str) -> bool:
    return value.isdecimal() and int(value) > 0


def _is_layer(value: str) -> bool:
    """Whether Numba has the threading layer `value`; the layer of TBB works only if TBB's library can be found."""
    if value == "tbb":
        return bool(find_library("tbb"))
    return value in ("default", "safe", "threadsafe", "forksafe", "omp", "workqueue")


def _cache_where_possible() -> None:
    """Let a kernel run if its machine code cannot be kept on disk; without this patch, Numba raises an error."""
    from numba.core.caching import Cache
    from numba.core.dispatcher import Dispatcher

    if getattr(Dispatcher.enable_caching, "is_tolerant", False):
        return
    enable_caching = Dispatcher.enable_caching
    load_overload, save_overload = Cache.load_overload, Cache.save_overload

    def enable(self: Any) -> None:
        with suppress(RuntimeError):  # no folder is writable, so the machine code is not kept
            enable_caching(self)

    def load(self: Any, *signature: Any) -> Any:
        with suppress(
            OSError, EOFError, UnpicklingError
        ):  # the kernel is compiled again if its file is damaged or belongs to another user
            return load_overload(self, *signature)
        return None

    def save(self: Any, *overload: Any) -> None:
        with suppress(OSError):  # the disk is full, so the machine code is not kept
            save_overload(self, *overload)

    enable.is_tolerant = True  # type: ignore[attr-defined]
    Dispatcher.enable_caching = enable
    Cache.load_overload, Cache.save_overload = load, save


def _compiled_files(folder: str) -> int:
    return sum(1 for _ in Path(folder).rglob("*.nbc"))


BACKEND = Numba()
