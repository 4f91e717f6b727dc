"""Fresh runs: one that was stopped is continued, one that is finished or old is not."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from tests.results.factory import make_measurement
from toolkit.results.store.store import Store

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_an_unfinished_run_of_the_same_question_is_continued(store):
    first = store.runs.begin("a", now=NOON)
    again = store.runs.begin("a", now=NOON + timedelta(hours=11))
    assert not first.is_resumed and again.is_resumed
    assert (again.id, again.started) == (first.id, first.started)
    assert str(again) == "Continuing the fresh run that began at 2026-11-28 12:00 UTC"
    # It was at work at 23:00, so its 12 hours begin there.
    assert store.runs.begin("a", now=NOON + timedelta(hours=20)).id == first.id
    assert store.runs.begin("a", now=NOON + timedelta(hours=40)).id != first.id


def test_a_finished_run_and_another_question_begin_a_new_one(store):
    first = store.runs.begin("a")
    assert store.runs.begin("b").id != first.id
    store.runs.finish(first)
    assert not store.runs.begin("a").is_resumed


def test_a_process_of_a_long_run_keeps_it_alive(store):
    first = store.runs.begin("a", now=NOON - timedelta(days=300))
    store.runs.continued(first.started)
    assert store.runs.begin("a").id == first.id


def test_a_store_from_before_runs_is_read_and_gets_their_tables(store):
    given = make_measurement()
    store.add(given)
    with sqlite3.connect(store.path) as db:
        db.execute("DROP TABLE runs")
        db.execute("DROP TABLE rounds")
    db.close()
    old = Store(store.path)
    assert old.latest() == [given] and old.rounds.of([given.key]) == []
    assert not old.runs.begin("a").is_resumed and old.latest() == [given]
