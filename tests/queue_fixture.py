"""A Redis server with a Celery worker, started once for most tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def celery_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with a worker of two threads; ATELIER_BROKER names it."""
    from benchmarks.queue_processes import RedisServer, Worker

    server = RedisServer(tmp_path_factory.mktemp("queue"))
    worker = Worker(server)
    os.environ["ATELIER_BROKER"] = server.broker
    yield server.broker
    del os.environ["ATELIER_BROKER"]
    worker.kill()
    server.kill()
