"""Limits and counters of the control group (cgroup) of a process: what a container or a service may use."""

from __future__ import annotations

from pathlib import Path

from toolkit.machine.kernel_files import ROOT, Reading, combine, first, named_counts, read

# Version 1 of cgroups writes "no limit" as a huge number of bytes. No machine has 1 exbibyte (2**60 bytes) of memory,
# so a limit of at least that counts as no limit.
_UNLIMITED_BYTES = 1 << 60


def cgroup_folders(root: Path, controller: str, pid: int | str = "self") -> list[Path]:
    """Folders of a process's cgroup and of its parents, the innermost first, for one controller (cpu or memory).

    The function finds cgroups of version 2, of version 1 (one mount for each controller, or ``cpu,cpuacct`` together)
    and of both side by side, also in a container whose mount is its own cgroup although ``/proc/self/cgroup`` names
    the host's path.
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
        for base in filter(Path.is_dir, bases):
            inner = base / path.strip().lstrip("/")
            while inner != base and base in inner.parents:
                if inner.is_dir():
                    folders.append(inner)
                inner = inner.parent
            folders.append(base)
    return folders


def cpu_quota(root: Path = ROOT) -> Reading[float]:
    """CPU quota as a number of processors such as 1.5, the smallest of cgroup and parents; None if unlimited."""
    found = []
    for folder in cgroup_folders(root, "cpu"):
        found.append(read(folder / "cpu.max", _quota_of_version_2))
        found.append(_quota_of_version_1(folder))
    return combine(found, min)


def memory_limit(root: Path = ROOT) -> Reading[int]:
    """Memory limit in bytes, the smallest limit of the cgroup and its parents; None if there is no limit."""
    names = ("memory.max", "memory.limit_in_bytes")
    folders = cgroup_folders(root, "memory")
    return combine((read(folder / name, _bytes_limit) for folder in folders for name in names), min)


def memory_peak(root: Path = ROOT, pid: int | str = "self") -> Reading[tuple[Path, int]]:
    """Counter file of the innermost cgroup, and the peak memory of that cgroup, bytes, page cache included."""
    names = ("memory.peak", "memory.max_usage_in_bytes")
    return first(_peak(folder / name) for folder in cgroup_folders(root, "memory", pid) for name in names)


def throttled_periods(root: Path = ROOT) -> Reading[int]:
    """Number of periods (usually of 100 ms) in which the CPU quota stopped the innermost cgroup that counts them."""
    folders = cgroup_folders(root, "cpu")
    return first(
        read(folder / "cpu.stat", lambda text: named_counts(text)["nr_throttled"]) for folder in folders
    )


def _peak(file: Path) -> Reading[tuple[Path, int]]:
    return read(file, lambda text: (file, int(text)))


def _quota_of_version_2(text: str) -> float | None:
    quota, period = text.split()
    return None if quota == "max" else int(quota) / int(period)


def _quota_of_version_1(folder: Path) -> Reading[float]:
    quota, period = (read(folder / f"cpu.cfs_{name}_us", int) for name in ("quota", "period"))
    if quota.value is None or not period.value:
        return Reading("denied" if "denied" in (quota.state, period.state) else "absent")
    return Reading("present", quota.value / period.value if quota.value > 0 else None)


def _bytes_limit(text: str) -> int | None:
    if text.strip() == "max":
        return None
    limit = int(text)
    return None if limit >= _UNLIMITED_BYTES else limit
