"""A sweep on two machines: each has rows of its own in one store, and a machine that leaves loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster_fixture import start_scheduler, start_worker
from toolkit.bench.grid import Grid
from toolkit.contracts.identity import environment_name
from toolkit.images.image import save
from toolkit.images.photos import photo
from toolkit.results.store.store import Store
from toolkit.studies.cluster_sweep import sweep_cluster
from toolkit.workers.cluster import Cluster
from toolkit.workers.measuring_slots import machines


@pytest.fixture(scope="module")
def own_photo(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("own") / "my photo.png"
    save(photo("chelsea"), path)
    return str(path)


@pytest.fixture(scope="module")
def store(cluster_address: str, own_photo: str, tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("store") / "results.sqlite")
    sweep_cluster(_grid(own_photo), address=cluster_address, store=store)
    return store


def _grid(image: str) -> Grid:
    return Grid(operations=("pencil_sketch",), backends=("opencv",), sizes=((64, 48),), images=(image,))


def test_each_machine_has_its_slot(cluster_address: str) -> None:
    with Cluster(cluster_address) as cluster:
        assert set(machines(cluster)) == {"left", "right"}


def test_rows_of_equal_machines_stay_apart(store: Store, own_photo: str) -> None:
    rows = store.latest()
    assert [m.status for m in rows] == ["ok", "ok"]
    assert len({m.key for m in rows}) == 2
    assert {environment_name(m.fingerprint).split()[0] for m in rows} == {"left", "right"}
    assert {m.trial.images for m in rows} == {(own_photo,)}
    assert {name for m in rows for block in m.blocks for run in block.workers for name in run.outputs} == {
        own_photo
    }


def test_the_same_sweep_measures_nothing_twice(store: Store, own_photo: str, cluster_address: str) -> None:
    again = sweep_cluster(_grid(own_photo), address=cluster_address, store=store)
    assert [(len(state.stored), len(state.measured)) for state in again.states] == [(1, 0), (1, 0)]
    assert len(store.all()) == 2


def test_what_a_machine_that_left_has_not_measured_is_left(tmp_path: Path) -> None:
    scheduler, address = start_scheduler(tmp_path)
    worker = start_worker(address, "brief", tmp_path)
    said: list[str] = []

    def leave_at_start(sentence: str) -> None:
        said.append(sentence)
        worker.kill()

    store = Store(tmp_path / "results.sqlite")
    try:
        swept = sweep_cluster(_grid("chelsea"), address=address, store=store, tell=leave_at_start)
        assert swept.n_left == 1
        assert "left" in swept.states[0].left
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()
