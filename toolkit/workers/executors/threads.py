"""Run pictures in threads of this process."""

from __future__ import annotations

from toolkit.workers.executor import Executor, Pool, PoolSettings, Work
from toolkit.workers.local_pool import ThreadsPool


class _Threads(Executor):
    name, isolates = "threads", False
    help = "threads of one process, each with a kernel of its own"

    def _open(self, work: Work, settings: PoolSettings) -> Pool:
        return ThreadsPool(work, workers=settings.workers, in_flight=settings.most_in_flight)


EXECUTOR = _Threads()
