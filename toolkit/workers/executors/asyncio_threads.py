"""Run pictures in threads that an event loop hands them to, as an asynchronous service does."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.core.params import Value
from toolkit.workers.executor import Executor, Pool, Work
from toolkit.workers.local_pool import AsyncioThreadsPool


class _AsyncioThreads(Executor):
    name, isolates = "asyncio_threads", False
    help = "an event loop that hands pictures to threads of one process"

    def _open(
        self,
        work: Work,
        *,
        workers: int,
        timeout_s: float | None,
        in_flight: int,
        options: Mapping[str, Value],
    ) -> Pool:
        return AsyncioThreadsPool(work, workers=workers, in_flight=in_flight)


EXECUTOR = _AsyncioThreads()
