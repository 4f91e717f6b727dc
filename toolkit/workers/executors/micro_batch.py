"""Run pictures in long-lived processes that gather waiting pictures into one call of the network."""

from __future__ import annotations

from toolkit.core.params import Param
from toolkit.workers.executor import Executor, Pool, PoolSettings, Work
from toolkit.workers.slot_pool import SlotPool


class _MicroBatch(Executor):
    name, isolates = "micro_batch", True
    help = "long-lived processes that gather waiting pictures into one call of the network"
    options = (
        Param(
            name="together",
            default=4,
            low=1,
            high=64,
            help="largest number of pictures in one call of the network",
        ),
        Param(
            name="longest_wait_ms",
            default=5.0,
            low=0.0,
            high=10_000.0,
            unit="ms",
            help="longest time for which a call of the network waits for further pictures",
        ),
    )

    def _open(self, work: Work, settings: PoolSettings) -> Pool:
        together, wait_s = (
            int(settings.options["together"]),
            float(settings.options["longest_wait_ms"]) / 1000,
        )
        return SlotPool(
            work,
            workers=settings.workers,
            timeout_s=settings.timeout_s,
            in_flight=max(settings.most_in_flight, settings.workers * (together + 1)),
            together=together,
            longest_wait_s=wait_s,
        )


EXECUTOR = _MicroBatch()
