"""Run pictures one after the other in the calling thread."""

from __future__ import annotations

from toolkit.workers.executor import Executor, Pool, PoolSettings, Work
from toolkit.workers.local_pool import InlinePool


class _Inline(Executor):
    name, isolates, most_workers = "inline", False, 1
    help = "pictures run one after the other in the calling thread"

    def _open(self, work: Work, settings: PoolSettings) -> Pool:
        return InlinePool(work)


EXECUTOR = _Inline()
