"""Run each picture in a new process, which prepares the operation again; this shows what a new process costs."""

from __future__ import annotations

from toolkit.workers.executor import Executor, Pool, PoolSettings, Work
from toolkit.workers.slot_pool import SlotPool


class _ProcessPerJob(Executor):
    name, isolates = "process_per_job", True
    help = "a new process for each picture, which shows what a new process costs"

    def _open(self, work: Work, settings: PoolSettings) -> Pool:
        return SlotPool(
            work,
            workers=settings.workers,
            timeout_s=settings.timeout_s,
            in_flight=settings.most_in_flight,
            is_reused=False,
        )


EXECUTOR = _ProcessPerJob()
