"""A job ends once, whoever claims, cancels and finishes at the same time; a restart loses none."""

import threading
from dataclasses import replace

import pytest

from tests.jobs.service_jobs import asked, nap, queue_in
from toolkit.jobs.job import Ended, State
from toolkit.jobs.waiting_line import Refused, Why
from toolkit.workers.executor import Work


@pytest.fixture
def queue(tmp_path):
    made = queue_in(tmp_path)
    yield made
    made.close()


def test_a_job_waits_runs_and_is_done(queue):
    told = queue.submit("a", asked(queue.folder))
    assert (told.record.state, told.position) == (State.QUEUED, 1)
    assert queue.submit("b", asked(queue.folder, 1)).position == 2
    running = queue.claim()
    assert queue.told("a").record.state is State.RUNNING and queue.told("b").position == 1
    assert queue.finish(running, Ended(seconds=0.5, stages_s={"naps": 0.5}))
    assert queue.told("a").progress == 1.0 and queue.costs.job_s() == 0.5
    assert queue.load()["waiting"] == 1 and queue.load()["running"] == 0


def test_the_first_job_of_an_operation_has_no_estimate_and_a_late_one_is_not_nearly_done(queue):
    assert queue.submit("first", asked(queue.folder)).estimate_s is None
    running = queue.claim()
    running.began_s -= 3600.0
    told = queue.told("first")
    assert told.estimate_s is None and told.progress < 0.5
    queue.finish(running, Ended(seconds=0.5, stages_s={"naps": 0.5}))
    assert queue.submit("second", asked(queue.folder, 1)).estimate_s == pytest.approx(0.5)
    late = queue.claim()
    late.began_s -= 10.0
    told = queue.told("second")
    assert told.estimate_s == pytest.approx(9.5, abs=1.0) and 0.9 < told.progress < 1.0


def test_no_job_is_taken_without_a_worker_or_while_the_service_ends(queue):
    queue.note_workers(0)
    queue.submit("in a gap", asked(queue.folder, 1))
    queue._no_worker_since_s -= 60.0
    with pytest.raises(Refused) as refused:
        queue.submit("a", asked(queue.folder))
    assert refused.value.why is Why.NO_WORKER
    queue.note_workers(1)
    queue.drain()
    with pytest.raises(Refused) as refused:
        queue.submit("a", asked(queue.folder))
    assert refused.value.why is Why.DRAINING


def test_a_full_queue_refuses_before_it_sees_the_picture_but_for_a_known_key(tmp_path):
    full = queue_in(tmp_path / "full", most_waiting=1)
    full.require_place("me", key="known")
    full.submit(full.name_for("known"), asked(full.folder))
    full.require_place("me", key="known")
    for ticket, key in (("me", ""), ("me", "new")):
        with pytest.raises(Refused) as refused:
            full.require_place(ticket, key=key)
        assert refused.value.why is Why.FULL and refused.value.retry_after_s >= 1
    full.drain()
    with pytest.raises(Refused) as refused:
        full.require_place("me", key="known")
    assert refused.value.why is Why.DRAINING
    full.close()


def test_a_job_of_several_operations_says_which_one_has_not_ended(queue):
    works = (nap(), Work(operation="oil_painting"))
    queue.submit("two", replace(asked(queue.folder), works=works))
    running = queue.claim()
    assert queue.told("two").stage == "naps"
    running.done.add("naps")
    told = queue.told("two")
    assert told.stage == "oil_painting" and 0.5 <= told.progress < 1.0


def test_a_name_that_a_key_gives_is_the_same_after_a_restart_and_no_path(queue, tmp_path):
    name = queue.name_for("../../etc/passwd")
    assert name.isalnum() and name != queue.name_for("another")
    queue.submit(name, asked(queue.folder))
    running = queue.claim()
    assert running.claim.name == name
    again = queue_in(tmp_path)
    assert again.n_given_back == 1 and again.name_for("../../etc/passwd") == name
    assert again.told(name).position == 1
    assert not queue.finish(running, Ended())  # the attempt before the restart has lost its job
    again.close()


def test_a_job_that_is_cancelled_never_ends_as_done(queue):
    """Claims, cancellations and ends in many threads: each job ends once, and no cancelled job begins."""
    names = [f"job {number}" for number in range(300)]
    for number, name in enumerate(names):
        queue.submit(name, asked(queue.folder, number % 5))
    begun, finished, cancelled = [], [], []

    def work() -> None:
        while (running := queue.claim()) is not None:
            begun.append(running.claim.name)
            if queue.finish(running, Ended()):
                finished.append(running.claim.name)

    def cancel() -> None:
        for name in names[::2]:
            had, _ = queue.cancel(name)
            if had is State.QUEUED:
                cancelled.append(name)

    threads = [threading.Thread(target=one) for one in (work, cancel, work, work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == len(set(begun)) and len(finished) == len(set(finished))
    assert not set(cancelled) & set(begun)
    states = {name: queue.told(name).record.state for name in names}
    assert {name for name, state in states.items() if state is State.DONE} == set(finished)
    assert set(states.values()) <= {State.DONE, State.CANCELLED}
