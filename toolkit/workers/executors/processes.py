"""Run pictures in child processes that stay alive, each of which keeps the operation prepared."""

from __future__ import annotations

from toolkit.core.params import Param
from toolkit.workers.executor import Executor, Pool, PoolSettings, Work
from toolkit.workers.slot_pool import SlotPool


class _Processes(Executor):
    name, isolates = "processes", True
    help = "long-lived processes that keep the model in memory"
    options = (
        Param(
            name="recycle", default=False, help="replace a process between pictures when its memory has grown"
        ),
    )

    def _open(self, work: Work, settings: PoolSettings) -> Pool:
        return SlotPool(
            work,
            workers=settings.workers,
            timeout_s=settings.timeout_s,
            in_flight=settings.most_in_flight,
            is_recycled=bool(settings.options["recycle"]),
        )


EXECUTOR = _Processes()
