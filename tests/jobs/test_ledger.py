"""The ledger loses no job and ends none twice, whoever claims, cancels and dies at the same time."""

import os
import random
import threading

import pytest

from toolkit.core.errors import InvalidValue
from toolkit.jobs.job import Ended, State
from toolkit.jobs.ledger import Ledger


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


def test_a_job_is_queued_claimed_and_done(ledger):
    number = ledger.add("a.jpg", {"path": "a.jpg"})
    claim = ledger.claim()
    assert (claim.id, claim.attempt, claim.task) == (number, 1, {"path": "a.jpg"})
    assert ledger.beat(claim) and ledger.claim() is None
    assert ledger.finish(claim, Ended(input_hash="1", output_hash="2", seconds=0.5))
    assert ledger.state(number) is State.DONE and ledger.counts()[State.DONE] == 1
    assert ledger.result_of("1") == ("2", {"path": "a.jpg"})


def test_a_late_finish_of_an_old_attempt_changes_nothing(ledger):
    number = ledger.add("a.jpg", {})
    old = ledger.claim()
    assert ledger.give_back_silent(silent_s=0.0) == 1
    new = ledger.claim()
    assert new.attempt == 2
    assert not ledger.finish(old, Ended()) and not ledger.beat(old)
    assert ledger.state(number) is State.RUNNING
    assert ledger.finish(new, Ended(error="it broke.", cause="raised"))
    assert ledger.state(number) is State.FAILED


def test_a_cancelled_job_does_not_end_as_done(ledger):
    number = ledger.add("a.jpg", {})
    claim = ledger.claim()
    assert ledger.cancel(number) is State.RUNNING
    assert not ledger.finish(claim, Ended()) and ledger.give_back(claim) is None
    assert ledger.state(number) is State.CANCELLED


def test_a_job_whose_workers_keep_dying_is_set_aside_with_the_cause(ledger):
    number = ledger.add("a.jpg", {})
    states = [ledger.give_back(ledger.claim(), death="killed by signal 9") for _ in range(3)]
    assert states == [State.QUEUED, State.QUEUED, State.FAILED]
    assert ledger.state(number) is State.FAILED and ledger.claim() is None


def test_a_job_that_waited_too_long_expires(ledger):
    number = ledger.add("a.jpg", {})
    assert ledger.expire(waited_s=-1.0) == 1
    assert ledger.state(number) is State.EXPIRED and ledger.claim() is None


def test_names_that_are_no_text_are_kept(ledger):
    name = os.fsdecode(b"caf\xe9.jpg")
    ledger.add(name, {"path": name})
    claim = ledger.claim()
    assert claim.name == name and claim.task["path"] == name


def test_a_file_that_is_no_ledger_is_refused(tmp_path):
    (tmp_path / "x.sqlite").write_text("this is a text, and long enough for a header of SQLite " * 40)
    with pytest.raises(InvalidValue, match="ledger"):
        Ledger(tmp_path / "x.sqlite")


def test_600_jobs_under_claims_cancels_and_finishes_end_once_each(tmp_path):
    """Six threads with connections of their own race for the same jobs."""
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        numbers = [ledger.add(f"{i}.jpg", {}) for i in range(600)]
        ended: list[int] = []
        cancelled: list[int] = []

        def work():
            with Ledger(path) as own:
                while (claim := own.claim()) is not None:
                    chance = random.random()
                    if chance < 0.1:
                        own.give_back(claim)
                    elif own.finish(claim, Ended()):
                        ended.append(claim.id)

        def cancel():
            with Ledger(path) as own:
                for number in random.sample(numbers, 200):
                    if own.cancel(number) in (State.QUEUED, State.RUNNING):
                        cancelled.append(number)

        threads = [threading.Thread(target=what) for what in (work, work, work, work, cancel, cancel)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counts = ledger.counts()
    assert counts[State.DONE] + counts[State.CANCELLED] == 600
    assert len(ended) == len(set(ended)) == counts[State.DONE]
    assert set(ended).isdisjoint(set(cancelled)) and len(set(cancelled)) == counts[State.CANCELLED]
