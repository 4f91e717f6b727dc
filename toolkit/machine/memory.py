"""Peak memory of a process tree, in a pass of its own: asking for it slows down what is asked.

``ru_maxrss`` is never used: a child inherits its parent's, so that a 13 MB process reports 200 MB.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from toolkit.machine.probes import ROOT, Reading, cgroup_folders, fields, kilobytes, read
from toolkit.machine.process_tree import descendants

# A process may start between two walks over /proc; a walk costs milliseconds on a busy machine.
_WALK_EVERY_S = 0.02
# Libraries are always shared a little; beyond this share the high-water mark overstates what a process costs.
_SHARED_SHARE = 0.10


def proportional_bytes(pid: int, root: Path = ROOT) -> Reading[tuple[int, int]]:
    """Resident set and proportional set of a process, bytes; the second counts each shared page once in all."""
    return read(root / "proc" / str(pid) / "smaps_rollup", _resident_and_proportional)


def high_water_bytes(pid: int, root: Path = ROOT) -> Reading[int]:
    """Largest resident set that a process has had since it began or since the last reset, bytes."""
    return read(root / "proc" / str(pid) / "status", lambda text: kilobytes(fields(text), "VmHWM"))


def reset_high_water(pid: int, root: Path = ROOT) -> bool:
    """Let the high-water mark of a process start again from its present size; whether that was allowed."""
    try:
        with (root / "proc" / str(pid) / "clear_refs").open("r+") as file:
            file.write("5")
    except OSError:
        return False
    return True


class TreeSampler:
    """Watches processes and whatever they start, from a thread that sleeps between looks.

    Parameters
    ----------
    pids : iterable of int
        The roots of the tree, alive and idle: what they hold on entry is the idle size, unless `settle` is called.
    interval_s : float
        Least time between looks; each look is followed by a pause at least as long as it took.

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
        self._is_total_known = False
        self._is_denied = False
        self._was_reset = True
        self._marks: dict[int, int] = {}
        self._shared: dict[int, int] = {}

    def __enter__(self) -> TreeSampler:
        self._was_reset = all([reset_high_water(pid, self._root) for pid in self._walk()])
        self._cgroup = _CgroupPeak(self._pids[0] if self._pids else None, self._root)
        self._look()
        self._idle = self._total_peak if self._is_total_known else None
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish()

    def settle(self) -> None:
        """What the processes hold now, idle again, is their idle size."""
        sizes = self._proportional(descendants(self._pids, self._root))
        self._idle = sum(sizes.values()) if self._is_total_known else None

    def finish(self) -> None:
        """Look a last time and stop; call it while the processes still live, so that no spike is missed."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        self._walked_at_s = float("-inf")
        self._look()
        self._cgroup_peak = self._cgroup.finish()

    @property
    def peak(self) -> Memory:
        """What was found, after `finish`."""
        largest = max(self._marks, key=self._marks.__getitem__, default=None)
        mark = 0 if largest is None else self._marks[largest]
        shared = 0 if largest is None else self._shared.get(largest, 0)
        return Memory(
            pss_peak_bytes=self._total_peak if self._is_total_known and not self._is_denied else None,
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
            # Processes are read one after another, and a page that becomes shared in between counts twice:
            # a new peak is read again, and the smaller size of each process is believed.
            again = self._proportional(family)
            sizes = {pid: min(size, again.get(pid, 0)) for pid, size in sizes.items()}
        marks = {pid: high_water_bytes(pid, self._root).value for pid in family}
        alive = {pid: mark for pid, mark in marks.items() if mark is not None}
        for pid, mark in alive.items():
            self._marks[pid] = max(self._marks.get(pid, 0), mark)
        self._total_peak = max(self._total_peak, sum(sizes.values()))
        self._processes = max(self._processes, len(alive))

    def _proportional(self, family: list[int]) -> dict[int, int]:
        """Proportional set size of each process that can be asked, bytes."""
        sizes = {}
        for pid in family:
            reading = proportional_bytes(pid, self._root)
            self._is_denied |= reading.state == "denied"
            if reading.value is not None:
                self._is_total_known = True
                resident, sizes[pid] = reading.value
                self._shared[pid] = max(self._shared.get(pid, 0), resident - sizes[pid])
        return sizes


class _CgroupPeak:
    """The peak of a process's cgroup over a time: from a counter of our own, or where the common one rose."""

    def __init__(self, pid: int | None, root: Path) -> None:
        self._own: IO[str] | None = None
        self._common: Path | None = None
        self._before: int | None = None
        for folder in [] if pid is None else cgroup_folders(root, "memory", pid):
            for name in ("memory.peak", "memory.max_usage_in_bytes"):
                before = read(folder / name, int).value
                if before is not None:
                    self._common, self._before = folder / name, before
                    self._own = _own_counter(folder / name)
                    return

    def finish(self) -> int | None:
        if self._common is None or self._before is None:
            return None
        if self._own is not None:
            with self._own as file:
                file.seek(0)
                return int(file.read())
        after = read(self._common, int).value
        return after if after is not None and after > self._before else None


def _own_counter(path: Path) -> IO[str] | None:
    """Version 2 since Linux 6.12: writing starts a peak that belongs to this open file alone."""
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


def _resident_and_proportional(text: str) -> tuple[int, int]:
    found = fields(text)
    return kilobytes(found, "Rss"), kilobytes(found, "Pss")


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Peak memory of the whole process tree while it opens the trial and calls it, from a pass of its own.

    Attributes
    ----------
    pss_peak_bytes : int or None
        Largest sum over processes of the proportional set size (shared pages counted once).
    rss_peak_bytes : int
        Largest high-water mark of a single process (VmHWM); pages that it shares are counted in full.
    idle_bytes : int
        Sum of PSS before the first call, runtime and pictures loaded.
    processes : int
        The most that were alive at once.
    cgroup_peak_bytes : int or None
        Peak of the whole cgroup, page cache and neighbours included; None where it is not known to have been
        reached during the pass.
    gpu_peak_bytes : int or None
        Most memory of the graphics cards that the workers held, polled; None on the CPU, or where no card answers.
    gpu_is_whole_card : bool
        Whether it is the growth of all that was in use, because the driver does not tell processes apart.
    gpu_busy_percent : int or None
        Share of the time, over steady calls, in which a graphics card computed something.
    is_upper_bound : bool
        Whether `rss_peak_bytes` may say too much: the mark could not be reset, or much of it is shared.
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
