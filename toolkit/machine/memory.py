"""Peak memory of a process tree, from a separate run without timing, because reading memory slows processes down.

The peak that ``getrusage`` reports (``ru_maxrss``) is not used: a child process inherits the peak of its parent, so a
process of 13 MB may report 200 MB.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from toolkit.machine.cgroups import memory_peak
from toolkit.machine.kernel_files import ROOT, Reading, bytes_of, fields, read
from toolkit.machine.process_tree import descendants

# Seconds between two searches of /proc for new processes. A search takes milliseconds on a busy machine, so it is not
# repeated for every sample; a process that starts between two searches is found by the later search.
_WALK_EVERY_S = 0.02
# Processes always share some memory, such as libraries. If more than this share of a process's peak is shared
# memory, the peak (high-water mark) overstates how much memory the process alone needs.
_SHARED_SHARE = 0.10


def proportional_bytes(pid: int | str, root: Path = ROOT) -> Reading[tuple[int, int]]:
    """Resident set size (RSS) and proportional set size (PSS) of a process, bytes.

    PSS divides each shared page by the number of processes that share it, so a sum over processes counts a page once.
    """

    def sizes(text: str) -> tuple[int, int]:
        found = fields(text)
        return bytes_of(found, "Rss"), bytes_of(found, "Pss")

    return read(root / "proc" / str(pid) / "smaps_rollup", sizes)


def high_water_bytes(pid: int | str, root: Path = ROOT) -> Reading[int]:
    """Largest resident set of a process since it began or since the last reset, bytes (VmHWM)."""
    return read(root / "proc" / str(pid) / "status", lambda text: bytes_of(fields(text), "VmHWM"))


def high_water_reset(pid: int | str, root: Path = ROOT) -> Reading[None]:
    """Whether the high-water mark of a process can be reset; the function resets nothing."""
    file = root / "proc" / str(pid) / "clear_refs"
    if not file.exists():
        return Reading("absent")
    return Reading("present" if os.access(file, os.W_OK) else "denied")


def reset_high_water(pid: int, root: Path = ROOT) -> bool:
    """Set a process's high-water mark to its present size; False where the kernel does not allow that."""
    try:
        with (root / "proc" / str(pid) / "clear_refs").open("r+") as file:
            file.write("5")
    except OSError:
        return False
    return True


class TreeSampler:
    """Context manager that samples the memory of processes and of their descendants, from a thread of its own.

    Parameters
    ----------
    pids : iterable of int
        Ids of the processes at the roots of the tree: at least one, all alive and idle. The memory of the processes
        on entry is the idle size, unless `settle` is called.
    interval_s : float
        Shortest time between samples, s; the pause after a sample is at least as long as the sample took.

    Examples
    --------
    >>> import os
    >>> with TreeSampler([os.getpid()]) as sampler:
    ...     picture = bytes(1) * 50_000_000
    >>> sampler.peak.rss_peak_bytes > 50_000_000
    True
    """

    def __init__(self, pids: Iterable[int], *, interval_s: float = 0.005, root: Path = ROOT) -> None:
        self._pids, self._interval_s, self._root = tuple(pids), interval_s, root
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory sampler", daemon=True)
        self._family: list[int] = []
        self._walked_at_s = float("-inf")
        self._total_peak = self._processes = 0
        self._idle: int | None = None
        self._is_denied = False
        self._marks: dict[int, int] = {}  # process id to its largest high-water mark, bytes
        self._shared: dict[int, int] = {}  # process id to its largest shared memory, bytes; empty without PSS

    def __enter__(self) -> TreeSampler:
        self._was_reset = all([reset_high_water(pid, self._root) for pid in self._walk()])
        self._cgroup = _CgroupPeak(self._pids[0], self._root)
        self._look()
        self._idle = self._total_peak if self._shared else None
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.finish()

    def settle(self) -> None:
        """Take the present size of the processes as their idle size."""
        sizes = self._proportional(descendants(self._pids, self._root))
        self._idle = sum(sizes.values()) if self._shared else None

    def finish(self) -> None:
        """Take a last sample of memory and stop; the processes must still be alive, or their last peak is missed."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        self._walked_at_s = float("-inf")
        self._look()
        self._cgroup_peak = self._cgroup.finish()

    @property
    def peak(self) -> Memory:
        """Peak memory of the process tree over the whole run; available after `finish`."""
        mark, largest = max(((mark, pid) for pid, mark in self._marks.items()), default=(0, 0))
        shared = self._shared.get(largest, 0)
        return Memory(
            pss_peak_bytes=self._total_peak if self._shared and not self._is_denied else None,
            rss_peak_bytes=mark,
            idle_bytes=self._idle,
            processes=self._processes,
            cgroup_peak_bytes=self._cgroup_peak,
            is_upper_bound=not self._was_reset or shared > _SHARED_SHARE * mark,
        )

    def _watch(self) -> None:
        pause_s = self._interval_s
        while not self._stop.wait(pause_s):
            started = time.perf_counter()
            self._look()
            pause_s = max(self._interval_s, time.perf_counter() - started)

    def _walk(self) -> list[int]:
        now = time.monotonic()
        if now - self._walked_at_s >= _WALK_EVERY_S:
            self._family, self._walked_at_s = descendants(self._pids, self._root), now
        return self._family

    def _look(self) -> None:
        family = self._walk()
        sizes = self._proportional(family)
        if len(sizes) > 1 and sum(sizes.values()) > self._total_peak:
            # Processes are read one after another, so a page that becomes shared between two reads is counted twice.
            # So at a new peak every process is read again, and the smaller of the process's two sizes counts.
            again = self._proportional(family)
            sizes = {pid: min(size, again.get(pid, 0)) for pid, size in sizes.items()}
        marks = {pid: high_water_bytes(pid, self._root).value for pid in family}
        alive = {pid: mark for pid, mark in marks.items() if mark is not None}
        for pid, mark in alive.items():
            self._marks[pid] = max(self._marks.get(pid, 0), mark)
        self._total_peak = max(self._total_peak, sum(sizes.values()))
        self._processes = max(self._processes, len(alive))

    def _proportional(self, family: list[int]) -> dict[int, int]:
        """Proportional set size of each process that can be read, bytes."""
        sizes = {}
        for pid in family:
            reading = proportional_bytes(pid, self._root)
            self._is_denied |= reading.state == "denied"
            if reading.value is not None:
                resident, sizes[pid] = reading.value
                self._shared[pid] = max(self._shared.get(pid, 0), resident - sizes[pid])
        return sizes


class _CgroupPeak:
    """Peak memory of a process's cgroup while this object watches it.

    Linux from 6.12 on can start a separate counter of peak memory for this object. On other kernels the
    cgroup's own counter of peak memory is read; its value counts only if it is higher at the end of the watch than at
    the beginning.
    """

    def __init__(self, pid: int, root: Path) -> None:
        # File of the cgroup's own counter of peak memory, and the value of this counter, bytes.
        self._shared = memory_peak(root, pid).value
        self._own = _own_counter(self._shared[0]) if self._shared else None

    def finish(self) -> int | None:
        if self._own is not None:
            with self._own as counter:
                counter.seek(0)
                return int(counter.read())
        if self._shared is None:
            return None
        file, before = self._shared
        after = read(file, int).value
        return after if after is not None and after > before else None


def _own_counter(path: Path) -> IO[str] | None:
    """Open a counter of peak memory that starts now and belongs to this open file (cgroup 2 since Linux 6.12)."""
    if path.name != "memory.peak":
        return None
    try:
        file = path.open("r+")
    except OSError:
        return None
    try:
        file.write("reset")
        file.flush()
    except OSError:
        file.close()
        return None
    return file


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Peak memory of all processes of a trial (one measured setting), from a separate run without timing.

    Attributes
    ----------
    pss_peak_bytes : int or None
        Largest sum of the proportional set sizes of all processes (shared pages counted once).
    rss_peak_bytes : int
        Largest high-water mark of a single process (VmHWM); shared pages are counted in full.
    idle_bytes : int or None
        Sum of the proportional set sizes before the first call, with runtime and pictures loaded.
    processes : int
        Largest number of processes that were alive at once.
    cgroup_peak_bytes : int or None
        Peak memory of the whole cgroup, page cache and other processes included; None if the peak may be older than
        the run.
    gpu_peak_bytes : int or None
        Largest sampled GPU memory of the workers; None on the CPU, or if no graphics driver reports
        its memory.
    gpu_is_whole_card : bool
        Whether `gpu_peak_bytes` is the growth of the memory of all programs on the card, because the driver does not
        report the memory of each process.
    gpu_busy_percent : int or None
        Share of the time, over steady calls, in which a graphics card was computing, 0 to 100.
    is_upper_bound : bool
        Whether `rss_peak_bytes` may be too high: the kernel did not reset the high-water mark before the run, or a
        large part of the memory is shared with other processes.
    """

    pss_peak_bytes: int | None
    rss_peak_bytes: int
    idle_bytes: int | None
    processes: int
    cgroup_peak_bytes: int | None = None
    gpu_peak_bytes: int | None = None
    gpu_is_whole_card: bool = False
    gpu_busy_percent: int | None = None
    is_upper_bound: bool = False
