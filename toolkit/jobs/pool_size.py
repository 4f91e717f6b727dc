"""Add workers to a pool of workers while jobs wait longer than they run, and remove workers while no job waits."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from time import monotonic

from toolkit.jobs.dispatcher import Dispatcher
from toolkit.jobs.queue import JobQueue
from toolkit.workers.executor import Pool

_LOOK_S = 0.5
_GROW_AFTER = 2  # a worker is added after this many checks in a row have found jobs that wait too long
_IDLE_S = 30.0

_log = logging.getLogger(__name__)


class PoolSize:
    """A thread that keeps the number of workers between two bounds; a context manager.

    Parameters
    ----------
    low, high : int
        Least and largest number of workers. If both are equal, the number of workers never changes.
    idle_s : float
        Time without a waiting job, s, after which a worker is removed.
    """

    def __init__(
        self,
        queue: JobQueue,
        dispatcher: Dispatcher,
        pool: Pool,
        *,
        low: int,
        high: int,
        idle_s: float = _IDLE_S,
    ) -> None:
        self._queue, self._dispatcher, self._pool = queue, dispatcher, pool
        self._low, self._high, self._idle_s = low, high, idle_s
        self.changes: Counter[str] = Counter()
        """How often the number of workers has changed since the start, by reason."""
        self._is_over = threading.Event()
        self._n_late = 0
        self._busy_s = monotonic()
        self._thread = threading.Thread(target=self._watch, name="atelier-pool-size", daemon=True)

    def __enter__(self) -> PoolSize:
        if self._low < self._high:
            self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(_LOOK_S):
            self._look()

    def _look(self) -> None:
        load, job_s = self._queue.load(), self._queue.costs.job_s()
        workers = self._dispatcher.workers
        is_late = load["waiting"] > 0 and load["oldest_s"] > job_s
        self._n_late = self._n_late + 1 if is_late else 0
        if load["waiting"] > 0 or load["running"] >= workers:
            self._busy_s = monotonic()
        is_starting = self._queue.workers < workers
        if self._n_late >= _GROW_AFTER and workers < self._high and not is_starting:
            said = f"jobs wait {load['oldest_s']:.1f} s, longer than the {job_s:.2f} s that they run"
            self._change(workers + 1, "jobs wait", said)
        elif workers > self._low and monotonic() > self._busy_s + self._idle_s:
            self._change(workers - 1, "idle", f"for {self._idle_s:.0f} s no job has waited")

    def _change(self, workers: int, reason: str, said: str) -> None:
        if not self._pool.resize(workers):
            return
        _log.warning(
            "number of workers: %d instead of %d, because %s.", workers, self._dispatcher.workers, said
        )
        self._dispatcher.workers = workers
        self.changes[reason] += 1
        self._n_late, self._busy_s = 0, monotonic()
