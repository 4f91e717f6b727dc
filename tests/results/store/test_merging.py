"""Stores are packed into one file and merged: nothing twice, and machines never become one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.results.factory import OTHER_MACHINE, later, make_measurement
from toolkit.core.errors import InvalidValue
from toolkit.results.history.judged import histories
from toolkit.results.store.merging import merge, pack
from toolkit.results.store.store import Store


@pytest.fixture
def other(tmp_path: Path) -> Store:
    return Store(tmp_path / "laptop.sqlite")


def test_a_packed_store_comes_back_whole_with_samples_and_fingerprints(store, other, tmp_path):
    given = [make_measurement(fingerprint=OTHER_MACHINE), make_measurement("oil_painting")]
    other.add_all(given)
    assert pack(other, tmp_path / "packed.sqlite") == 2
    assert not list(tmp_path.glob("packed.sqlite-*"))
    done = merge(store, tmp_path / "packed.sqlite")
    assert (done.n_added, done.n_known, list(done.named)) == (2, 0, [])
    assert store.all() == given
    again = merge(store, tmp_path / "packed.sqlite")
    assert (again.n_added, again.n_known) == (0, 2)


def test_a_machine_with_the_same_hardware_is_kept_apart_by_a_name(store, other):
    store.add(make_measurement())
    other.add(make_measurement(latency_s=2.0))
    done = merge(store, other.path)
    assert list(done.named) == ["laptop"] and list(done.machines) == ["laptop: Example CPU, 2 cores"]
    assert len(histories(store)) == 2 and len(store.latest()) == 2
    assert merge(store, other.path).n_added == 0
    assert merge(store, other.path, name="desk").n_added == 1


def test_a_copy_of_this_store_is_this_machine(store, other, tmp_path):
    newest = make_measurement(latency_s=1.0)
    store.add(later(newest, days=-2))
    pack(store, tmp_path / "copy.sqlite")
    store.add(newest)
    Store(tmp_path / "copy.sqlite").add(later(newest, days=-1))
    done = merge(store, tmp_path / "copy.sqlite")
    assert (done.n_added, done.n_known, list(done.named)) == (1, 1, [])
    assert [m.began for m in store.all()] == sorted(m.began for m in store.all())
    assert store.latest() == [newest]  # an older row that comes later does not take its place
    (history,) = histories(store)
    assert history.series.n_runs == 3


@pytest.mark.parametrize("name", ["missing.sqlite", "text.sqlite"])
def test_what_is_no_store_is_refused_and_nothing_is_added(store, tmp_path, name):
    (tmp_path / "text.sqlite").write_text("no store at all, but long enough to be looked at " * 50)
    with pytest.raises(InvalidValue):
        merge(store, tmp_path / name)
    assert store.all() == []


def test_a_store_is_not_merged_into_itself_and_an_empty_one_not_packed(store, tmp_path):
    with pytest.raises(InvalidValue, match="empty"):
        pack(store, tmp_path / "packed.sqlite")
    store.add(make_measurement())
    with pytest.raises(InvalidValue, match="another store"):
        merge(store, store.path)
