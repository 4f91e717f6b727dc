"""Jobs go to real workers and come back, whatever dies; a pool grows and shrinks with the queue."""

import os
import random
import signal
import time

import pytest

from tests.jobs.service_jobs import asked, nap, queue_in
from tests.waiting import wait_for
from toolkit.jobs.dispatcher import Dispatcher
from toolkit.jobs.job import State
from toolkit.jobs.pool_size import PoolSize
from toolkit.workers.executor import EXECUTORS


@pytest.fixture(scope="module")
def pool():
    with EXECUTORS["processes"].open(nap(), workers=2, in_flight=100) as opened:
        yield opened


@pytest.fixture
def queue(tmp_path):
    made = queue_in(tmp_path)
    yield made
    made.close()


def counts(queue):
    return {state: count for state, count in queue.ledger.counts().items() if count}


def test_jobs_survive_kills_of_their_workers(queue, pool):
    for number in range(150):
        queue.submit(f"job{number}", asked(queue.folder, number, work=nap(0.02)))
    with Dispatcher(queue, pool, workers=2):
        dice = random.Random(1)
        for _ in range(4):
            time.sleep(dice.uniform(0.05, 0.2))
            if pids := pool.pids:
                os.kill(dice.choice(pids), signal.SIGKILL)
        wait_for(lambda: not (queue.load()["waiting"] or queue.load()["running"]))
    assert counts(queue) == {State.DONE: 150}
    for number in range(150):
        assert queue.folder.result(f"job{number}", 1, "naps", ".png").exists()


def test_a_job_that_takes_too_long_fails_and_the_next_one_runs(queue, pool):
    queue.submit("long", asked(queue.folder, 0, work=nap(30.0)))
    queue.submit("short", asked(queue.folder, 1))
    with Dispatcher(queue, pool, workers=2, deadline_s=(1.5, 1.5)):
        wait_for(lambda: queue.told("long").record.is_ended and queue.told("short").record.is_ended)
    assert queue.told("long").record.cause == "timed out"
    assert queue.told("long").record.error.startswith("timed out")
    assert queue.told("short").record.state is State.DONE


def test_a_running_job_that_is_cancelled_stops(queue, pool):
    queue.submit("long", asked(queue.folder, 0, work=nap(30.0)))
    with Dispatcher(queue, pool, workers=2) as dispatcher:
        wait_for(lambda: queue.told("long").record.state is State.RUNNING)
        time.sleep(0.2)
        _, running = queue.cancel("long")
        assert running is not None
        dispatcher.stop(running)
        wait_for(lambda: not queue.running)
        queue.submit("next", asked(queue.folder, 1))
        wait_for(lambda: queue.told("next").record.is_ended)
    assert counts(queue) == {State.CANCELLED: 1, State.DONE: 1}


def test_draining_ends_what_runs_and_leaves_what_waits(queue, pool):
    for number in range(12):
        queue.submit(f"job{number}", asked(queue.folder, number, work=nap(0.6)))
    with Dispatcher(queue, pool, workers=2) as dispatcher:
        wait_for(lambda: queue.running)
        assert dispatcher.drain(longest_s=30)
    found = counts(queue)
    assert set(found) == {State.DONE, State.QUEUED} and 1 <= found[State.DONE] <= 6


def test_as_many_jobs_run_at_once_as_workers_are_there_that_others_have_started(queue, celery_broker):
    with (
        EXECUTORS["celery"].open(nap(), broker=celery_broker) as pool,
        Dispatcher(queue, pool, workers=64) as dispatcher,
    ):
        for number in range(5):
            queue.submit(f"job{number}", asked(queue.folder, number, work=nap(1.5)))
        wait_for(lambda: len(queue.running) == 2)  # the worker has two threads
        assert dispatcher.workers == 2 and queue.load()["waiting"] == 3
        wait_for(lambda: counts(queue) == {State.DONE: 5})


def test_a_pool_grows_while_jobs_wait_and_shrinks_when_it_is_idle(queue):
    with (
        EXECUTORS["processes"].open(nap(), workers=1, in_flight=100) as pool,
        Dispatcher(queue, pool, workers=1) as dispatcher,
        PoolSize(queue, dispatcher, pool, low=1, high=2, idle_s=0.5) as size,
    ):
        for number in range(60):
            queue.submit(f"job{number}", asked(queue.folder, number, work=nap(0.15)))
        wait_for(lambda: pool.ready == 2)
        assert size.changes["jobs wait"] == 1
        wait_for(lambda: counts(queue) == {State.DONE: 60})
        wait_for(lambda: pool.ready == 1 and dispatcher.workers == 1)
        assert size.changes["idle"] == 1
