"""Counters of events that disturb a measurement.

The disturbances are other virtual machines, tasks that wait, swapping, heat and a lower clock frequency.
"""

from __future__ import annotations

import os
from pathlib import Path
from statistics import mean
from typing import Literal

from toolkit.machine.hardware import CPUS, allowed_processors
from toolkit.machine.kernel_files import ROOT, Reading, combine, hertz, named_counts, read


def processor_ticks(root: Path = ROOT) -> Reading[dict[str, int]]:
    """Time of the allowed processors since the machine started, ticks (usually 10 ms): ``busy``, ``steal``, ``all``."""
    allowed = frozenset(allowed_processors(root))
    return read(root / "proc/stat", lambda text: _ticks(text, allowed))


def _ticks(text: str, allowed: frozenset[int]) -> dict[str, int]:
    busy = steal = idle = 0
    for name, *numbers in map(str.split, text.splitlines()):
        if name.startswith("cpu") and name[3:].isdigit() and int(name[3:]) in allowed:
            user, nice, system, idling, iowait, irq, softirq, stolen = map(int, numbers[:8])
            busy += user + nice + system + irq + softirq
            steal += stolen
            idle += idling + iowait
    if not busy + steal + idle:
        raise LookupError("no processor that this process may use is listed")
    return {"busy": busy, "steal": steal, "all": busy + steal + idle}


def stalled_us(resource: Literal["cpu", "memory", "io"], root: Path = ROOT) -> Reading[int]:
    """Microseconds since the machine started in which some task waited for a resource (pressure stall information)."""

    def total(text: str) -> int:
        some = next(line for line in text.splitlines() if line.startswith("some"))
        return int(dict(part.split("=") for part in some.split()[1:])["total"])

    return read(root / "proc/pressure" / resource, total)


def swapped_bytes(direction: Literal["in", "out"], root: Path = ROOT) -> Reading[int]:
    """Bytes read from swap ("in") or written to swap ("out") since the machine started."""
    page_bytes = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
    return read(root / "proc/vmstat", lambda text: named_counts(text)[f"pswp{direction}"] * page_bytes)


def thermal_events(root: Path = ROOT) -> Reading[int]:
    """Number of times that a processor core or package lowered its clock because it was too hot."""
    files = (root / CPUS).glob("cpu*/thermal_throttle/*_throttle_count")
    return combine((read(file, int) for file in files), sum)


def clock_hz(root: Path = ROOT) -> Reading[float]:
    """Present clock frequency, Hz, mean over the allowed processors."""
    files = (root / CPUS / f"cpu{cpu}" / "cpufreq" / "scaling_cur_freq" for cpu in allowed_processors(root))
    return combine((read(file, hertz) for file in files), mean)
