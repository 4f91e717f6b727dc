"""Run pictures in child processes that stay alive, each with the work prepared."""

from __future__ import annotations

from toolkit.workers.executor import Executor, Pool, PoolSettings, Work
from toolkit.workers.slot_pool import SlotPool


class _Processes(Executor):
    name, isolates = "processes", True
    help = "long-lived processes that keep the model in memory"

    def _open(self, work: Work, settings: PoolSettings) -> Pool:
        return SlotPool(
            work, workers=settings.workers, timeout_s=settings.timeout_s, in_flight=settings.most_in_flight
        )


EXECUTOR = _Processes()
