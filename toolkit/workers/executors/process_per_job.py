"""Run each picture in a new process, which prepares the work again: the simple way, to show its cost."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.core.params import Value
from toolkit.workers.executor import Executor, Pool, Work
from toolkit.workers.slot_pool import SlotPool


class _ProcessPerJob(Executor):
    name, isolates = "process_per_job", True
    help = "a new process for each picture, so that its cost shows"

    def _open(
        self,
        work: Work,
        *,
        workers: int,
        timeout_s: float | None,
        in_flight: int,
        options: Mapping[str, Value],
    ) -> Pool:
        return SlotPool(work, workers=workers, timeout_s=timeout_s, in_flight=in_flight, is_reused=False)


EXECUTOR = _ProcessPerJob()
