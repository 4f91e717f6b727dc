"""How much memory this process can still take: of the machine, of its cgroup, and of its address space."""

from __future__ import annotations

from pathlib import Path

from toolkit.machine.cgroups import cgroup_folders
from toolkit.machine.kernel_files import ROOT, bytes_of, fields, named_counts, read

# Files of a cgroup with its limit, its use, and the part of its use that the kernel gives back: version 2, version 1.
_COUNTERS = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def free_bytes(root: Path = ROOT) -> int | None:
    """Memory that this process can still take without swapping or being killed, bytes; None where nothing says so.

    The smallest of: memory that the machine has left, what the limit of each cgroup leaves, and what ``ulimit -v``
    leaves of the address space.
    """
    rooms = [
        read(root / "proc" / "meminfo", lambda text: bytes_of(fields(text), "MemAvailable")).value,
        *(_room(folder) for folder in cgroup_folders(root, "memory")),
        _address_space(root),
    ]
    return min((max(0, room) for room in rooms if room is not None), default=None)


def _room(folder: Path) -> int | None:
    """What the memory limit of one cgroup leaves, bytes; None without a limit."""
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
