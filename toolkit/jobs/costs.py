"""What jobs cost: the measured seconds of each operation by size of the picture, and of the latest jobs as a whole."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Sequence
from statistics import mean, median

from toolkit.workers.executor import Work

_KEPT = 15  # runs of each operation
_KEPT_JOBS = 40
_MOST_SETTINGS = 2000
_UNKNOWN_S = 1.0
"""Taken for a job of an operation that nobody has run yet."""


class Costs:
    """Measured seconds of the latest runs; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[object, deque[tuple[float, float]]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self._jobs: deque[float] = deque(maxlen=_KEPT_JOBS)

    def note_run(self, work: Work, *, n_px: int, seconds: float) -> None:
        """Note how long one operation took for a picture: decoding and encoding too, waiting not."""
        with self._lock:
            for key in (_name(work), (_name(work), work.params)):
                self._runs[key].append((max(n_px, 1) / 1e6, seconds))
            if len(self._runs) > _MOST_SETTINGS:
                del self._runs[next(key for key in self._runs if isinstance(key, tuple))]

    def note_job(self, seconds: float) -> None:
        """Note for how long a job kept one worker."""
        with self._lock:
            self._jobs.append(seconds)

    def run_s(self, work: Work, *, n_px: int) -> float | None:
        """Estimated seconds of one operation; None if it was never run.

        Runs with the same parameters count alone if there are any, and of these the runs of pictures of about this
        size; without such a size the cost grows with the pixels.
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

    def job_s(self) -> float:
        """Mean seconds for which the latest jobs kept a worker; its inverse is the service rate of one worker."""
        with self._lock:
            return mean(self._jobs) if self._jobs else _UNKNOWN_S


def _name(work: Work) -> str:
    return f"{work.operation}@{work.backend}"
