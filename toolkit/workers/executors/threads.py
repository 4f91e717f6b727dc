"""Run pictures in threads of this process."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.core.params import Value
from toolkit.workers.executor import Executor, Pool, Work
from toolkit.workers.local_pool import ThreadsPool


class _Threads(Executor):
    name, isolates = "threads", False
    help = "threads of one process, each with a kernel of its own"

    def _open(
        self,
        work: Work,
        *,
        workers: int,
        timeout_s: float | None,
        in_flight: int,
        options: Mapping[str, Value],
    ) -> Pool:
        return ThreadsPool(work, workers=workers, in_flight=in_flight)


EXECUTOR = _Threads()
