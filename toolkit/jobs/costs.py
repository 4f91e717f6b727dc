"""Estimate the seconds of an operation on a picture, and of a job, from the latest measured runs."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Sequence
from statistics import mean, median

from toolkit.workers.executor import Work

_KEPT = 15  # number of latest runs of each operation whose times are kept
_KEPT_JOBS = 40
_MOST_SETTINGS = 300
_UNKNOWN_S = 1.0
"""Estimated seconds of a job if no job has run yet."""


class Costs:
    """Measured seconds of the latest runs of operations and jobs; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[object, deque[tuple[float, float]]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self._jobs: deque[float] = deque(maxlen=_KEPT_JOBS)

    def note_run(self, work: Work, *, n_px: int, seconds: float) -> None:
        """Record the seconds of one operation on a picture, with decoding and encoding, but without waiting."""
        with self._lock:
            for key in (_name(work), (_name(work), work.params)):
                self._runs[key].append((max(n_px, 1) / 1e6, seconds))
            if len(self._runs) > _MOST_SETTINGS:
                del self._runs[next(key for key in self._runs if isinstance(key, tuple))]

    def note_job(self, seconds: float) -> None:
        """Record the seconds for which a job occupied one worker."""
        with self._lock:
            self._jobs.append(seconds)

    def run_s(self, work: Work, *, n_px: int) -> float | None:
        """Estimated seconds of one operation; None if the operation was never run.

        Only runs with the same parameters count, if there are any, and of these only the runs on pictures with about
        `n_px` pixels. Without a run on such a picture, the estimate is proportional to the number of pixels.
        """
        size_mp = max(n_px, 1) / 1e6
        with self._lock:
            same = self._runs.get((_name(work), work.params), ())
            runs = list(same or self._runs.get(_name(work), ()))
        alike = [took for mp, took in runs if 0.5 <= mp / size_mp <= 2.0]
        if alike:
            return median(alike)
        return median(took * size_mp / mp for mp, took in runs) if runs else None

    def works_s(self, works: Sequence[Work], *, n_px: int) -> float:
        """Estimated seconds of a job's operations one after the other."""
        known = [self.run_s(work, n_px=n_px) for work in works]
        return sum(self.job_s() if one is None else one for one in known)

    def knows(self, works: Sequence[Work], *, n_px: int) -> bool:
        """Whether each operation has run before, so that `works_s` is more than a guess."""
        return all(self.run_s(work, n_px=n_px) is not None for work in works)

    def job_s(self) -> float:
        """Mean seconds for which the latest jobs occupied a worker; the inverse is the service rate of one worker."""
        with self._lock:
            return mean(self._jobs) if self._jobs else _UNKNOWN_S


def _name(work: Work) -> str:
    return f"{work.operation}@{work.backend}"
