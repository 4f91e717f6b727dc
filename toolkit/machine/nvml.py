"""What NVIDIA's driver says of its cards through its own library, NVML; nothing where there is no card."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True)
class CardUse:
    """What one card is doing now; None for what it does not tell.

    Attributes
    ----------
    used_bytes : int or None
        Memory in use by whatever runs on the card.
    own_bytes : int or None
        Memory in use by the processes that were asked about; None where the driver does not tell it for each process
        (Windows), or does not know them by their number here (some containers).
    busy_percent : int or None
        Share of the last moment (up to a second) in which something was being computed.
    """

    used_bytes: int | None
    own_bytes: int | None
    busy_percent: int | None


def cards() -> list[dict[str, Any]]:
    """Name, driver and memory (bytes) of each card; empty without the library, a driver or a card."""
    nvml = _library()
    driver = _told(nvml.nvmlSystemGetDriverVersion) if nvml else None
    return [
        {
            "name": _told(nvml.nvmlDeviceGetName, card),
            "driver": driver or "",
            "memory_bytes": getattr(_told(nvml.nvmlDeviceGetMemoryInfo, card), "total", None),
        }
        for card in _handles()
    ]


def use(pids: Collection[int] = ()) -> list[CardUse]:
    """What each card is doing now, and how much of its memory the processes `pids` hold; empty without one."""
    nvml = _library()
    return [
        CardUse(
            used_bytes=getattr(_told(nvml.nvmlDeviceGetMemoryInfo, card), "used", None),
            own_bytes=_held(_told(nvml.nvmlDeviceGetComputeRunningProcesses, card) or (), pids),
            busy_percent=getattr(_told(nvml.nvmlDeviceGetUtilizationRates, card), "gpu", None),
        )
        for card in _handles()
    ]


def _held(processes: Collection[Any], pids: Collection[int]) -> int | None:
    told = [process.usedGpuMemory for process in processes if process.pid in pids]
    return sum(told) if told and None not in told else None


@cache
def _library() -> Any:
    """The opened library; None where it or the driver is missing."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml


@cache
def _handles() -> list[Any]:
    nvml = _library()
    count = _told(nvml.nvmlDeviceGetCount) if nvml else 0
    found = [_told(nvml.nvmlDeviceGetHandleByIndex, index) for index in range(count or 0)]
    return [card for card in found if card is not None]


def _told(question: Callable[..., Any], *arguments: object) -> Any:
    """The answer; None where a card or a driver has none."""
    try:
        return question(*arguments)
    except _library().NVMLError:
        return None
