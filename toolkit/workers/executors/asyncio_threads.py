"""Run pictures in threads to which an event loop passes them, as an asynchronous service does."""

from __future__ import annotations

from toolkit.workers.executor import Executor, Pool, PoolSettings, Work
from toolkit.workers.local_pool import AsyncioThreadsPool


class _AsyncioThreads(Executor):
    name, isolates = "asyncio_threads", False
    help = "an event loop that passes pictures to threads of one process"

    def _open(self, work: Work, settings: PoolSettings) -> Pool:
        return AsyncioThreadsPool(work, workers=settings.workers, in_flight=settings.most_in_flight)


EXECUTOR = _AsyncioThreads()
