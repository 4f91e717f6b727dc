"""Celery carries items; the fences lose none and start none twice, whatever dies or freezes meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

import toolkit as tk
from benchmarks.queue_processes import END, GO_ON, STOP, RedisServer, Worker, wait_until
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.outcome import Cause
from toolkit.core.errors import InvalidValue, Unavailable
from toolkit.workers import fence
from toolkit.workers.executor import EXECUTORS, Work
from toolkit.workers.item import FileTarget, Item

PLUGIN = Path(__file__).parents[1] / "plugins" / "behaves.py"
INVERT, SLEEP = 0, 1


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture
def workers(server: RedisServer) -> Iterator[list[Worker]]:
    """Workers that a test starts; they end with it."""
    redis = fence.connected(server.broker)
    redis.flushall()
    redis.close()
    started: list[Worker] = []
    yield started
    for worker in started:
        worker.kill()


def work(seconds: float = 2.0) -> Work:
    sha = load_plugin(PLUGIN)
    return Work(operation="behaves", params=(("seconds", seconds),), plugins=((str(PLUGIN), sha),))


def picture(asked: int = INVERT) -> Any:
    image = np.full((16, 24, 3), 90, np.uint8)
    image[0, 0] = asked
    return image


def opened(server: RedisServer, seconds: float = 2.0, **more: Any) -> Any:
    return EXECUTORS["celery"].open(work(seconds), broker=server.broker, **more)


def test_a_job_cancelled_before_any_worker_is_up_never_runs(
    server: RedisServer, workers: list[Worker], tmp_path: Path
) -> None:
    never, later = (FileTarget(path=tmp_path / f"{name}.png", suffix=".png") for name in ("never", "later"))
    with opened(server, in_flight=4, shared_folder=True) as pool:
        first = pool.submit(Item(index=1, source=picture(), target=never))
        assert pool.cancel(1) and first.result(timeout=60).cause is Cause.CANCELLED
        second = pool.submit(Item(index=2, source=picture(), target=later))
        workers.append(Worker(server, threads=1))
        assert second.result(timeout=60).is_ok
    assert (tmp_path / "later.png").exists() and not (tmp_path / "never.png").exists()


def frozen_while_it_listens(worker: Worker, pool: Any) -> bool:
    """Freeze a worker; it goes on if its connection did not wait for a message at that moment."""
    worker.send(STOP)
    clients = pool._server.client_list()
    is_listening = any(one["cmd"] == "brpop" and "b" in one["flags"] for one in clients)
    if not is_listening:
        worker.send(GO_ON)
    return is_listening


def test_an_idle_worker_that_is_frozen_and_killed_loses_no_job(
    server: RedisServer, workers: list[Worker]
) -> None:
    """Celery alone loses the message: the frozen worker's connection has taken it from the queue."""
    workers.append(Worker(server, threads=1))
    with opened(server) as pool:
        wait_until(lambda: frozen_while_it_listens(workers[0], pool))
        future = pool.submit(Item(index=0, source=picture()))
        wait_until(lambda: not pool._server.llen(pool._queue))
        workers[0].kill()
        workers.append(Worker(server, threads=1))
        assert future.result(timeout=60).is_ok


def test_a_job_longer_than_the_visibility_time_out_starts_once(
    server: RedisServer, workers: list[Worker]
) -> None:
    workers.append(Worker(server, threads=2, visibility_s=1.0))
    with opened(server, seconds=4.0) as pool:
        future = pool.submit(Item(index=0, source=picture(SLEEP)))
        wait_until(lambda: pool._running)
        came_back = 0
        while not future.done():
            came_back += pool._server.llen(pool._queue)
            came_back += pool._server.zcard("unacked_index") > 1
        (outcome,) = [future.result()]
    assert outcome.is_ok and outcome.attempts == 1 and outcome.deaths == {}
    assert came_back == 0


def test_a_killed_holder_is_replaced_and_a_frozen_one_ends_too_late(
    server: RedisServer, workers: list[Worker]
) -> None:
    workers.extend(Worker(server, threads=1) for _ in range(2))
    with opened(server, seconds=2.0) as pool:

        def holder() -> Worker | None:
            name = pool._server.hget(f"atelier:{pool._fences.client}:item:{serial}", "worker") or b""
            return next((one for one in workers if one.name == name.decode()), None)

        serial = 1  # 0 was the trial that prepares the work
        frozen = pool.submit(Item(index=0, source=picture(SLEEP)))
        wait_until(lambda: pool._running)
        late = wait_until(holder)
        late.send(STOP)
        outcome = frozen.result(timeout=60)
        assert outcome.is_ok and outcome.deaths == {"worker lost": 1}
        late.send(GO_ON)
        serial = 2
        killed = pool.submit(Item(index=0, source=picture(SLEEP)))
        wait_until(lambda: pool._running)
        wait_until(holder).kill()
        assert killed.result(timeout=60).deaths == {"worker lost": 1}
        # The frozen worker's outcome of the first item came meanwhile, and changed nothing.
        assert pool.submit(Item(index=3, source=picture())).result(timeout=60).is_ok


def test_sigterm_ends_a_worker_after_its_item_and_leaves_nothing_unacknowledged(
    server: RedisServer, workers: list[Worker]
) -> None:
    workers.append(Worker(server, threads=1))
    with opened(server) as pool:
        future = pool.submit(Item(index=0, source=picture(SLEEP)))
        wait_until(lambda: pool._running)
        workers[0].process.send_signal(END)
        assert future.result(timeout=60).is_ok
        assert workers[0].process.wait(timeout=60) == 0
        assert not pool._server.hlen("unacked") and not pool._server.llen(pool._queue)


def test_a_redis_that_is_killed_loses_no_job(
    server: RedisServer, workers: list[Worker], tmp_path: Path
) -> None:
    workers.append(Worker(server, threads=1))
    with opened(server, seconds=1.0, in_flight=12) as pool:
        futures = [pool.submit(Item(index=n, source=picture(SLEEP if n < 2 else INVERT))) for n in range(8)]
        wait_until(lambda: pool._running)
        server.kill()
        server.start()
        assert all(future.result(timeout=90).is_ok for future in futures)


def test_pictures_travel_to_a_worker_that_sees_no_folder_of_the_front(
    celery_broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tk.save(tk.photo("chelsea"), "in.png")
    target = FileTarget(path=Path("out.png"), suffix=".png")
    oil = Work(operation="oil_painting", backend="opencv")
    with EXECUTORS["celery"].open(oil, broker=celery_broker) as pool:
        (outcome,) = pool.run([Item(index=0, source=Path("in.png"), target=target)])
    assert outcome.is_ok, outcome.error
    assert np.array_equal(tk.load("out.png"), tk.apply("oil_painting", tk.photo("chelsea"), backend="opencv"))


def test_a_picture_too_long_for_redis_says_so(celery_broker: str) -> None:
    with EXECUTORS["celery"].open(Work(operation="bicubic", backend="opencv"), broker=celery_broker) as pool:
        (outcome,) = pool.run([Item(index=0, source=np.zeros((1700, 1600, 3), np.uint8))])
    assert "folder" in outcome.error


def test_the_main_process_of_a_worker_holds_no_numpy_and_no_runtime(celery_broker: str) -> None:
    mains = [
        one
        for one in psutil.process_iter(["cmdline"])
        if "work" in (one.info["cmdline"] or ()) and celery_broker in one.info["cmdline"]
    ]
    assert mains
    for process in mains:
        mapped = {Path(one.path).parts[-2] for one in process.memory_maps() if one.path.startswith("/")}
        assert not any("numpy" in one.path or "torch" in one.path for one in process.memory_maps()), mapped


def test_an_outcome_of_an_earlier_attempt_is_refused(server: RedisServer) -> None:
    fences = fence.Fences(fence.connected(server.broker), "planted")
    fences.put(1, 1, json.dumps({"index": 0}), b"picture")
    assert fences.start(1, 1, "one") == {"index": 0}
    assert fences.start(1, 1, "two") is None  # a message that came twice
    fences.put(1, 2, json.dumps({"index": 0}), None)
    assert not fences.beat(1, 1, "one") and not fences.end(1, 1, "one", "{}")
    assert fences.start(1, 2, "two") and fences.end(1, 2, "two", json.dumps({"serial": 1}))
    assert fences.next_outcomes(0.1) == [{"serial": 1}] and fences.next_outcomes(0.1) == []
    fences.cancel(1)
    assert fences.start(1, 2, "three") is None
    fences.let_go()
    fences.server.close()


def test_workers_with_other_sources_are_refused_by_name(server: RedisServer, workers: list[Worker]) -> None:
    redis = fence.connected(server.broker)
    fence.tell_of_worker(
        redis, "elder", {"host": "h", "version": "0.0.1", "sources": "x", "threads": 1, "pids": {}}
    )
    try:
        with pytest.raises(Unavailable, match=r"elder .*0\.0\.1"):
            opened(server)
    finally:
        redis.delete("atelier:worker:elder")
        redis.close()


def test_a_broker_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATELIER_BROKER", raising=False)
    with pytest.raises(Unavailable, match="ATELIER_BROKER"):
        EXECUTORS["celery"].open(work())
    with pytest.raises(Unavailable, match="Redis"):
        EXECUTORS["celery"].open(work(), broker="redis://127.0.0.1:9/0")
    with pytest.raises(InvalidValue, match="broker"):
        EXECUTORS["celery"].open(work(), broker="nonsense")
