"""Compute the memory that this process can still allocate, from machine, control group and address space."""

from __future__ import annotations

from pathlib import Path

from toolkit.machine.cgroups import cgroup_folders
from toolkit.machine.kernel_files import ROOT, bytes_of, fields, named_counts, read

# Names of a cgroup's memory limit, of its memory in use, and of the counter of the page cache, which the kernel can
# free; first for version 2 of cgroups, then for version 1.
_COUNTERS = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def free_bytes(root: Path = ROOT) -> int | None:
    """Memory that this process can still take without swapping or being killed, bytes; None if no figure is readable.

    The free memory is the smallest of three figures: the available memory of the machine, the memory that remains
    below the limit of each cgroup, and the address space that remains below ``ulimit -v``.
    """
    rooms = [
        read(root / "proc" / "meminfo", lambda text: bytes_of(fields(text), "MemAvailable")).value,
        *(_room(folder) for folder in cgroup_folders(root, "memory")),
        _address_space(root),
    ]
    return min((max(0, room) for room in rooms if room is not None), default=None)


def _room(folder: Path) -> int | None:
    """Memory that remains below the limit of one cgroup, bytes; None without a limit."""
    for limit_file, use_file, cache in _COUNTERS:
        limit, used = read(folder / limit_file, int).value, read(folder / use_file, int).value
        if limit is not None and used is not None:
            counts = read(folder / "memory.stat", named_counts).value or {}
            return limit - used + counts.get(cache, 0)
    return None


def _address_space(root: Path) -> int | None:
    limit = read(root / "proc" / "self" / "limits", _soft_limit).value
    used = read(root / "proc" / "self" / "status", lambda text: bytes_of(fields(text), "VmSize")).value
    return None if limit is None or used is None else limit - used


def _soft_limit(text: str) -> int | None:
    line = next(line for line in text.splitlines() if line.startswith("Max address space"))
    soft = line.split()[3]
    return None if soft == "unlimited" else int(soft)
