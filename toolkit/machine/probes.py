"""Reading what the kernel says of the machine, of the cgroup and of processes, without ever failing.

Every probe takes the root of the file tree, so that a planted ``/proc``, ``/sys`` or cgroup is test data.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

T = TypeVar("T")
State = Literal["present", "absent", "denied"]

ROOT = Path("/")

# Version 1 writes "no limit" as the largest multiple of a page; no machine has an exbibyte.
_UNLIMITED_BYTES = 1 << 60


@dataclass(frozen=True)
class Reading(Generic[T]):
    """What a probe found.

    Attributes
    ----------
    state : {"present", "absent", "denied"}
        Whether the source exists and may be read.
    value : T or None
        None when absent or denied; also where a limit exists as a file but is not set.
    """

    state: State
    value: T | None = None


def read(path: Path, parse: Callable[[str], T | None]) -> Reading[T]:
    """Parse a small text file; a file that cannot be understood counts as absent.

    >>> read(Path("/nowhere"), int)
    Reading(state='absent', value=None)
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return Reading("denied" if error.errno in (errno.EACCES, errno.EPERM) else "absent")
    try:
        return Reading("present", parse(text))
    except (ValueError, LookupError):
        return Reading("absent")


def first(readings: Iterable[Reading[T]]) -> Reading[T]:
    """The first that is present; otherwise denied if one was denied."""
    state: State = "absent"
    for reading in readings:
        if reading.state == "present":
            return reading
        if reading.state == "denied":
            state = "denied"
    return Reading(state)


def cpu_list(text: str) -> tuple[int, ...]:
    """The kernel's way of writing a set of processors.

    >>> cpu_list("0-2,5")
    (0, 1, 2, 5)
    """
    numbers: list[int] = []
    for part in filter(None, text.strip().split(",")):
        low, _, high = part.partition("-")
        numbers.extend(range(int(low), int(high or low) + 1))
    return tuple(numbers)


def fields(text: str) -> dict[str, str]:
    """``name: value`` lines (status, meminfo, cpuinfo's first block) as a mapping.

    >>> fields("MemTotal:  16 kB")
    {'MemTotal': '16 kB'}
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip(), value.strip())
    return found


def counters(text: str) -> dict[str, int]:
    """``name number`` lines (vmstat, cpu.stat) as a mapping."""
    return {name: int(value) for name, value in (line.split() for line in text.splitlines() if line.strip())}


def kilobytes(fields_: Mapping[str, str], name: str) -> int:
    """Bytes of a ``name: 16 kB`` field."""
    return int(fields_[name].split()[0]) * 1024


def affinity(root: Path = ROOT, pid: int | str = "self") -> Reading[tuple[int, ...]]:
    """Processors that a process may run on, as its status says."""
    return read(root / "proc" / str(pid) / "status", lambda text: cpu_list(fields(text)["Cpus_allowed_list"]))


def cgroup_folders(root: Path, controller: str, pid: int | str = "self") -> list[Path]:
    """Folders of a process's cgroup for one controller, the innermost first, up to the mount.

    Covers version 2, version 1 (one mount a controller, or ``cpu,cpuacct`` together), both side by side, and
    a container that sees its own cgroup as the mount although ``/proc/self/cgroup`` names the host's path.
    """
    membership = read(root / "proc" / str(pid) / "cgroup", str.splitlines).value or []
    mount = root / "sys" / "fs" / "cgroup"
    folders: list[Path] = []
    for line in membership:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "":
            bases = [mount, mount / "unified"]
        elif controller in controllers.split(","):
            bases = [mount / controller, mount / controllers]
        else:
            continue
        for base in bases:
            if not base.is_dir():
                continue
            inner = base / path.strip().lstrip("/")
            while inner != base and base in inner.parents:
                if inner.is_dir():
                    folders.append(inner)
                inner = inner.parent
            folders.append(base)
    return folders


def cpu_quota(root: Path = ROOT) -> Reading[float]:
    """Processors' worth of time that the cgroup may use; the tightest limit on the way up; None: no limit."""
    found = []
    for folder in cgroup_folders(root, "cpu"):
        found.append(read(folder / "cpu.max", _quota_of_version_2))
        found.append(_quota_of_version_1(folder))
    return _tightest(found)


def memory_limit(root: Path = ROOT) -> Reading[int]:
    """Bytes that the cgroup may use; the tightest limit on the way up; None: no limit."""
    found = []
    for folder in cgroup_folders(root, "memory"):
        found += [read(folder / name, _bytes_limit) for name in ("memory.max", "memory.limit_in_bytes")]
    return _tightest(found)


def cgroup_peak(root: Path = ROOT, pid: int | str = "self") -> Reading[int]:
    """Bytes: the most that the innermost cgroup of a process has held since it exists, page cache too."""
    folders = cgroup_folders(root, "memory", pid)
    names = ("memory.peak", "memory.max_usage_in_bytes")
    return first(read(folder / name, int) for folder in folders for name in names)


def cpu_statistics(root: Path = ROOT) -> Reading[dict[str, int]]:
    """``cpu.stat`` of the innermost cgroup that counts throttling."""
    return first(
        read(folder / "cpu.stat", _throttling) for folder in cgroup_folders(root, "cpu") if folder.is_dir()
    )


def _throttling(text: str) -> dict[str, int]:
    found = counters(text)
    return {name: found[name] for name in ("nr_periods", "nr_throttled")}


def _quota_of_version_2(text: str) -> float | None:
    quota, period = text.split()
    return None if quota == "max" else int(quota) / int(period)


def _quota_of_version_1(folder: Path) -> Reading[float]:
    quota = read(folder / "cpu.cfs_quota_us", int)
    period = read(folder / "cpu.cfs_period_us", int)
    if quota.value is None or not period.value:
        return Reading("denied" if "denied" in (quota.state, period.state) else "absent")
    return Reading("present", quota.value / period.value if quota.value > 0 else None)


def _bytes_limit(text: str) -> int | None:
    if text.strip() == "max":
        return None
    limit = int(text)
    return None if limit >= _UNLIMITED_BYTES else limit


def _tightest(found: list[Reading[T]]) -> Reading[T]:
    values = [reading.value for reading in found if reading.value is not None]
    if values:
        return Reading("present", min(values))  # type: ignore[type-var]  # numbers of one kind
    return first(found)
