"""Query NVIDIA graphics cards through the driver's library (NVML); all results are empty without a card."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True)
class CardUse:
    """Memory and use of one graphics card now; an attribute is None if the driver gives no figure for it.

    Attributes
    ----------
    used_bytes : int or None
        Memory in use by all programs on the card.
    own_bytes : int or None
        Memory in use by the processes whose ids were passed to `use`; None if the driver does not report the memory of
        each process (Windows), or knows the processes by other ids than the caller (some containers).
    busy_percent : int or None
        Share of the last moment (up to a second) in which the card was computing, 0 to 100.
    """

    used_bytes: int | None
    own_bytes: int | None
    busy_percent: int | None


def cards() -> list[dict[str, Any]]:
    """Name, driver and memory (bytes) of each card; empty without the library, a driver or a card."""
    nvml = _library()
    driver = _asked(nvml.nvmlSystemGetDriverVersion) if nvml else None
    return [
        {
            "name": _asked(nvml.nvmlDeviceGetName, card),
            "driver": driver or "",
            "memory_bytes": getattr(_asked(nvml.nvmlDeviceGetMemoryInfo, card), "total", None),
        }
        for card in _handles()
    ]


def use(pids: Collection[int] = ()) -> list[CardUse]:
    """Memory and use of each card now, and how much memory the processes `pids` hold; empty without a card."""
    nvml = _library()
    return [
        CardUse(
            used_bytes=getattr(_asked(nvml.nvmlDeviceGetMemoryInfo, card), "used", None),
            own_bytes=_held(_asked(nvml.nvmlDeviceGetComputeRunningProcesses, card) or (), pids),
            busy_percent=getattr(_asked(nvml.nvmlDeviceGetUtilizationRates, card), "gpu", None),
        )
        for card in _handles()
    ]


def _held(processes: Collection[Any], pids: Collection[int]) -> int | None:
    used = [process.usedGpuMemory for process in processes if process.pid in pids]
    return sum(used) if used and None not in used else None


@cache
def _library() -> Any:
    """The driver's library (NVML), ready for use; None where the library or the driver is missing."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except ImportError:
        return None
    except pynvml.NVMLError:
        return None
    return pynvml


@cache
def _handles() -> list[Any]:
    nvml = _library()
    count = _asked(nvml.nvmlDeviceGetCount) if nvml else 0
    found = [_asked(nvml.nvmlDeviceGetHandleByIndex, index) for index in range(count or 0)]
    return [card for card in found if card is not None]


def _asked(question: Callable[..., Any], *arguments: object) -> Any:
    """Result of a function of the graphics driver's library; None if the driver reports an error."""
    try:
        return question(*arguments)
    except _library().NVMLError:
        return None
