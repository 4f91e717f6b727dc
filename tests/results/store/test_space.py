"""Pruning gives the space of the samples back to the file system, beside other processes too."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.results.factory import later, make_measurement
from toolkit.results.store import space
from toolkit.results.store.pruning import prune
from toolkit.results.store.store_file import StoreFile

NOW = datetime(2027, 11, 29, tzinfo=UTC)
DAY_S = 86400.0


@pytest.fixture
def file(store) -> StoreFile:
    """A store in which nearly all bytes are old samples."""
    m = make_measurement(calls=2000)
    store.add_all([m, later(m, days=1), later(make_measurement(), days=2)])
    return StoreFile(store.path)


def _as_of_an_older_atelier(file: StoreFile) -> None:
    with closing(sqlite3.connect(file.path, isolation_level=None)) as db:
        db.execute("PRAGMA auto_vacuum = NONE")
        db.execute("VACUUM")


@pytest.mark.parametrize("is_old", [False, True])
def test_the_file_shrinks_and_both_sizes_are_true(file, store, is_old):
    if is_old:
        _as_of_an_older_atelier(file)
    before = [m.key for m in store.all()]
    done = prune(file, older_than_s=30 * DAY_S, now=NOW)
    assert done.why_large == "" and done.n_measurements == 2 and done.n_samples == 12000
    assert done.before_bytes > 4e5 > 1.5e5 > done.after_bytes == file.path.stat().st_size
    assert [m.key for m in store.all()] == before


@pytest.mark.parametrize("is_old", [False, True])
def test_a_rewrite_that_would_stop_other_processes_is_given_up(file, monkeypatch, is_old):
    if is_old:
        _as_of_an_older_atelier(file)
    monkeypatch.setattr(space, "_REWRITE_S", -1.0)
    monkeypatch.setattr(space, "_INSTRUCTIONS", 10)
    done = prune(file, older_than_s=30 * DAY_S, now=NOW)
    assert done.n_measurements == 2
    if is_old:
        assert "rewritten" in done.why_large and space.has_free_space(file)
        monkeypatch.undo()
        assert not space.give_back_space(file)  # the next call finds the space
    assert not space.has_free_space(file) and file.path.stat().st_size < 1.5e5


def test_a_process_that_reads_keeps_the_file_large_and_loses_nothing(file, store, monkeypatch):
    monkeypatch.setattr(space, "_READERS_MS", 50)
    with closing(sqlite3.connect(file.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        n_samples = len(reader.execute("SELECT body FROM measurements WHERE id = 1").fetchone()[0])
        done = prune(file, older_than_s=30 * DAY_S, now=NOW)
        assert "reading" in done.why_large
        assert len(reader.execute("SELECT body FROM measurements WHERE id = 1").fetchone()[0]) == n_samples
        reader.execute("ROLLBACK")
    assert [any(m.samples_s) for m in store.all()] == [False, False, True]


def test_measurements_are_added_while_the_file_shrinks(file, store):
    added = make_measurement("oil_painting")
    began, ended = threading.Event(), threading.Event()

    def add() -> None:
        for _ in range(20):
            store.add(added)
            began.set()
        ended.set()

    writer = threading.Thread(target=add)
    writer.start()
    began.wait(60)
    done = prune(file, older_than_s=30 * DAY_S, now=NOW)
    writer.join(60)
    assert ended.is_set() and done.n_measurements >= 2
    assert len(store.find(operation="oil_painting", all_times=True)) == 20
