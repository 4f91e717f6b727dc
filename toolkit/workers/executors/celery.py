"""Run pictures on Celery workers: Redis carries the pictures, and each worker has long-lived child processes."""

from __future__ import annotations

import os

from toolkit.core.errors import Unavailable
from toolkit.core.params import Param
from toolkit.workers.executor import Executor, Pool, PoolSettings, Work
from toolkit.workers.fenced_pool import FencedPool


class _Celery(Executor):
    name, isolates = "celery", True
    help = "Celery workers on Redis or Valkey, each with long-lived child processes; start workers with: atelier work"
    options = (
        Param(
            name="broker",
            default="",
            help="address of the Redis server, such as redis://10.0.0.1:6379/0; empty: $ATELIER_BROKER",
        ),
        Param(
            name="shared_folder",
            default=False,
            help="send the paths of pictures and not their bytes, because all machines see the same folders",
        ),
        Param(
            name="patient",
            default=False,
            help="wait without limit for a Redis server that does not answer; otherwise fail after a minute",
        ),
    )

    def _open(self, work: Work, settings: PoolSettings) -> Pool:
        broker = str(settings.options["broker"] or os.environ.get("ATELIER_BROKER", ""))
        if not broker:
            raise Unavailable(
                "executor celery needs the address of a Redis server: set ATELIER_BROKER=redis://HOST:6379/0. "
                "Start workers with: atelier work --executor celery --broker redis://HOST:6379/0"
            )
        return FencedPool(work, broker, settings)


EXECUTOR = _Celery()
