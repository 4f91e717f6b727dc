"""Run pictures in warm processes of our own, each with the work prepared."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.core.params import Value
from toolkit.workers.executor import Executor, Pool, Work
from toolkit.workers.slot_pool import SlotPool


class _Processes(Executor):
    name, isolates = "processes", True
    help = "warm processes that keep the model in memory"

    def _open(
        self,
        work: Work,
        *,
        workers: int,
        timeout_s: float | None,
        in_flight: int,
        options: Mapping[str, Value],
    ) -> Pool:
        return SlotPool(work, workers=workers, timeout_s=timeout_s, in_flight=in_flight)


EXECUTOR = _Processes()
