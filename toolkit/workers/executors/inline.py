"""Run pictures one after the other in the calling thread."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.core.params import Value
from toolkit.workers.executor import Executor, Pool, Work
from toolkit.workers.local_pool import InlinePool


class _Inline(Executor):
    name, isolates, most_workers = "inline", False, 1
    help = "one after the other in the calling thread"

    def _open(
        self,
        work: Work,
        *,
        workers: int,
        timeout_s: float | None,
        in_flight: int,
        options: Mapping[str, Value],
    ) -> Pool:
        return InlinePool(work)


EXECUTOR = _Inline()
