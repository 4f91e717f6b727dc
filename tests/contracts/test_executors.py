"""What every executor promises: one outcome an item, and for those that isolate, survival of whatever an item does."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

import numpy as np
import psutil
import pytest

import toolkit as tk
from toolkit.bench.executors import ELSEWHERE
from toolkit.contracts.backend import Placement
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.outcome import Cause
from toolkit.core.errors import AtelierError, InvalidValue, UnknownName
from toolkit.workers.executor import EXECUTORS, Work
from toolkit.workers.item import FileTarget, Item

PLUGIN = Path(__file__).parents[1] / "plugins" / "behaves.py"
INVERT, SLEEP, DIE, RAISE, THREADS = range(5)
ISOLATING = [name for name in EXECUTORS if EXECUTORS[name].isolates]
LOCAL = [name for name in EXECUTORS if not EXECUTORS[name].isolates]
WARM = [name for name in ISOLATING if name != "process_per_job"]


@pytest.fixture(autouse=True)
def workers_elsewhere(request):
    """The executor celery needs workers, which are started before it."""
    parameters = getattr(request.node, "callspec", None)
    if parameters is not None and parameters.params.get("name") == "celery":
        request.getfixturevalue("celery_broker")


@pytest.fixture(scope="module")
def work():
    sha = load_plugin(PLUGIN)
    return Work(operation="behaves", placement=Placement(threads=3), plugins=((str(PLUGIN), sha),))


def picture(asked=INVERT, level=90):
    image = np.tile(np.arange(32, dtype=np.uint8)[:, None, None], (1, 40, 3)) + np.uint8(level)
    image[0, 0] = asked
    return image


def workers_of(name):
    return min(2, EXECUTORS[name].most_workers or 2)


@pytest.mark.parametrize("name", EXECUTORS)
def test_every_item_has_one_outcome_with_its_index(name, work):
    items = [Item(index=7 * number, source=picture(level=number)) for number in range(9)]
    items.append(Item(index=1000, source=picture(RAISE)))
    with EXECUTORS[name].open(work, workers=workers_of(name)) as pool:
        found = {outcome.index: outcome for outcome in pool.run(items)}
    assert sorted(found) == sorted(item.index for item in items)
    assert "asks for an error" in found[1000].error and found[1000].cause is Cause.RAISED
    for item in items[:-1]:
        outcome = found[item.index]
        assert outcome.is_ok and (outcome.output[1:] == 255 - item.source[1:]).all()
        assert outcome.started_s <= outcome.finished_s and outcome.stages_s["run"] >= 0


@pytest.mark.parametrize("name", EXECUTORS)
def test_every_future_ends_when_its_pool_closes(name, work):
    with EXECUTORS[name].open(work, in_flight=16) as pool:
        futures = [pool.submit(Item(index=number, source=picture())) for number in range(16)]
    found = [future.result(timeout=60) for future in futures]
    assert all(outcome.is_ok or outcome.cause is Cause.CANCELLED for outcome in found)


@pytest.mark.parametrize("name", EXECUTORS)
def test_a_file_becomes_a_file_and_its_stages_have_names(name, work, tmp_path):
    tk.save(picture(), tmp_path / "in.png")
    (tmp_path / "broken.png").write_bytes((tmp_path / "in.png").read_bytes()[:60])
    items = [
        Item(
            index=0, source=tmp_path / "in.png", target=FileTarget(path=tmp_path / "out.png", suffix=".png")
        ),
        Item(
            index=1,
            source=tmp_path / "broken.png",
            target=FileTarget(path=tmp_path / "no.png", suffix=".png"),
        ),
        Item(index=2, source=(tmp_path / "in.png").read_bytes(), target=FileTarget(path=None, suffix=".png")),
    ]
    with EXECUTORS[name].open(work) as pool:
        found = {outcome.index: outcome for outcome in pool.run(items)}
    assert (tk.load(tmp_path / "out.png")[1:] == 255 - picture()[1:]).all()
    assert {"read", "decode", "run", "encode", "write"} <= found[0].stages_s.keys()
    assert "broken.png" in found[1].error and not (tmp_path / "no.png").exists()
    assert found[2].content == (tmp_path / "out.png").read_bytes() and found[2].digest == found[0].digest


@pytest.mark.parametrize("name", EXECUTORS)
def test_an_item_may_have_work_of_its_own(name, work):
    settings = {"size": 3, "dynRatio": 1}
    own = Work(operation="oil_painting", backend="opencv", params=tuple(settings.items()))
    items = [Item(index=number, source=picture(), work=own if number == 1 else None) for number in range(3)]
    with EXECUTORS[name].open(work) as pool:
        found = {outcome.index: outcome.output for outcome in pool.run(items)}
    assert (found[1] == tk.apply("oil_painting", picture(), backend="opencv", **settings)).all()
    assert all((found[number][1:] == 255 - picture()[1:]).all() for number in (0, 2))


@pytest.mark.parametrize("name", ISOLATING)
def test_an_item_may_have_a_time_limit_of_its_own(name, work):
    with EXECUTORS[name].open(work, timeout_s=60.0) as pool:
        late = pool.submit(Item(index=0, source=picture(SLEEP), timeout_s=0.5)).result()
        assert late.cause is Cause.TIMED_OUT and "0.5 s" in late.error
        assert pool.submit(Item(index=1, source=picture())).result().is_ok


@pytest.mark.parametrize("name", EXECUTORS)
def test_items_are_read_only_as_far_as_they_may_be_in_flight(name, work):
    read = count()

    def endless():
        for index in read:
            yield Item(index=index, source=picture())

    with EXECUTORS[name].open(work, workers=1, in_flight=3) as pool:
        outcomes = pool.run(endless())
        for _ in range(4):
            next(outcomes)
        outcomes.close()
    assert next(read) <= 40  # some more may end while the test takes four


@pytest.mark.parametrize("name", EXECUTORS)
def test_work_that_cannot_run_is_refused_before_any_item(name):
    with pytest.raises(UnknownName):
        EXECUTORS[name].open(Work(operation="oil_paintin"))
    with pytest.raises(AtelierError, match="cuda"):
        EXECUTORS[name].open(Work(operation="bicubic", backend="opencv", placement=Placement(device="cuda")))
    with pytest.raises(InvalidValue, match="workers"):
        EXECUTORS[name].open(Work(operation="bicubic"), workers=0)
    with pytest.raises(InvalidValue, match="in_flight"):
        EXECUTORS[name].open(Work(operation="bicubic"), in_flight=0)
    with pytest.raises(UnknownName, match="fit_pixel"):
        EXECUTORS[name].open(Work(operation="bicubic", steps=(("fit_pixel", ()),)))


@pytest.mark.parametrize("name", LOCAL)
def test_an_executor_that_cannot_stop_a_call_refuses_a_time_out(name, work):
    with pytest.raises(InvalidValue, match="timeout"):
        EXECUTORS[name].open(work, timeout_s=1.0)


@pytest.mark.parametrize("name", ISOLATING)
def test_thread_variables_are_set_before_the_runtime_is_imported(name, work):
    with EXECUTORS[name].open(work) as pool:
        (outcome,) = pool.run([Item(index=0, source=picture(THREADS))])
    assert (outcome.output[0, 0] == 3).all()


@pytest.mark.parametrize("name", ISOLATING)
def test_an_item_that_kills_every_worker_is_set_aside_and_the_others_end(name, work):
    items = [Item(index=i, source=picture(DIE if i == 2 else INVERT)) for i in range(6)]
    with EXECUTORS[name].open(work, workers=2) as pool:
        found = {outcome.index: outcome for outcome in pool.run(items)}
    assert found[2].cause is Cause.DIED and found[2].attempts == 3
    assert found[2].deaths == {"ended with exit code 7": 3}
    assert all(found[i].is_ok for i in found if i != 2)


@pytest.mark.parametrize("name", ISOLATING)
def test_a_time_out_kills_the_worker_and_the_next_item_runs(name, work):
    items = [Item(index=0, source=picture(SLEEP)), Item(index=1, source=picture())]
    with EXECUTORS[name].open(work, timeout_s=0.6) as pool:
        found = {outcome.index: outcome for outcome in pool.run(items)}
    assert found[0].cause is Cause.TIMED_OUT and found[1].is_ok


@pytest.mark.parametrize("name", ISOLATING)
def test_an_item_that_runs_or_waits_can_be_cancelled(name, work):
    with EXECUTORS[name].open(work, in_flight=4) as pool:
        runs, waits = (
            pool.submit(Item(index=0, source=picture(SLEEP))),
            pool.submit(Item(index=1, source=picture())),
        )
        while not pool.pids or not runs_now(pool):
            time.sleep(0.01)
        assert pool.cancel(1) is True or waits.result().is_ok  # a gathering executor has taken it along
        assert pool.cancel(0) is True
        assert runs.result(timeout=60).cause is Cause.CANCELLED
        again = [pool.submit(Item(index=index, source=picture())) for index in (0, 1)]
        assert all(future.result(timeout=60).is_ok for future in again)
        assert pool.cancel(99) is False and pool.cancel(0) is False
    assert pool.submit(Item(index=3, source=picture())).result(timeout=60).cause is Cause.CANCELLED


@pytest.mark.parametrize("name", ISOLATING)
def test_an_item_whose_future_is_cancelled_never_runs(name, work, tmp_path):
    target = FileTarget(path=tmp_path / "out.png", suffix=".png")
    with EXECUTORS[name].open(work, in_flight=3) as pool:
        sleeps = pool.submit(Item(index=0, source=picture(SLEEP)))
        while not pool.pids or not runs_now(pool):
            time.sleep(0.01)
        waits = pool.submit(Item(index=1, source=picture(), target=target))
        is_stopped = waits.cancel()
        assert is_stopped or name in ELSEWHERE  # there, items travel ahead of their turn
        assert pool.cancel(0)
        assert sleeps.result(timeout=60).cause is Cause.CANCELLED
        later = [pool.submit(Item(index=index, source=picture())) for index in range(2, 8)]
        assert all(future.result(timeout=60).is_ok for future in later)
        assert is_stopped or waits.result(timeout=60).is_ok
    assert (tmp_path / "out.png").exists() is not is_stopped


def runs_now(pool):
    return bool(pool._running)


@pytest.mark.parametrize("name", WARM)
def test_workers_that_are_killed_while_items_run_lose_no_item(name, work):
    """A short form of the storm in `make bench-executors`."""
    ends = threading.Event()

    def kill_some(pool):
        while not ends.wait(random.uniform(0.1, 0.5)):
            with suppress(ProcessLookupError, IndexError):
                os.kill(random.choice(pool.pids), signal.SIGKILL)

    with EXECUTORS[name].open(work, workers=2, in_flight=12) as pool:
        killer = threading.Thread(target=kill_some, args=(pool,))
        killer.start()
        try:
            found = [outcome for outcome in pool.run(Item(index=i, source=picture()) for i in range(150))]
        finally:
            ends.set()
            killer.join()
    assert sorted(outcome.index for outcome in found) == list(range(150))
    assert [outcome.error for outcome in found if not outcome.is_ok] == []


@pytest.mark.parametrize("name", ISOLATING)
def test_a_worker_that_is_killed_while_the_pool_opens_is_replaced(name, work):
    killed = threading.Event()

    def kill_the_first():
        while not killed.is_set():
            for child in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    if "toolkit.workers.slot_process" in child.cmdline():
                        child.kill()
                        killed.set()
                        return

    killer = threading.Thread(target=kill_the_first)
    killer.start()
    try:
        with EXECUTORS[name].open(work, workers=1) as pool:
            assert killed.is_set()
            assert [outcome.is_ok for outcome in pool.run([Item(index=0, source=picture())])] == [True]
    finally:
        killed.set()
        killer.join()


@pytest.mark.parametrize("name", ISOLATING)
def test_workers_end_with_their_driver_and_leave_nothing(name, tmp_path):
    before = set(os.listdir("/dev/shm"))
    driver = f"""
import json, sys, time
import numpy as np
from toolkit.workers.executor import EXECUTORS, Work
from toolkit.workers.item import Item
from toolkit.contracts.operation import load_plugin
sha = load_plugin({str(PLUGIN)!r})
work = Work(operation="behaves", plugins=(({str(PLUGIN)!r}, sha),))
image = np.full((16, 16, 3), 1, np.uint8)
pool = EXECUTORS[{name!r}].open(work, workers=2)
futures = [pool.submit(Item(index=i, source=image)) for i in range(2)]
while len(pool.pids) < 2:
    time.sleep(0.01)
print(json.dumps(pool.pids), flush=True)
time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", driver], stdout=subprocess.PIPE, cwd=tmp_path)
    assert process.stdout is not None
    pids = json.loads(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=60)
    # A dead child whose parent is dead may stay a zombie.
    assert [p for p in alive if p.status() != psutil.STATUS_ZOMBIE] == []
    assert set(os.listdir("/dev/shm")) <= before
