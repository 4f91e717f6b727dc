"""Pictures travel to workers as processes of their own, and come back whole whatever dies meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import toolkit as tk
from tests.cluster_fixture import start_scheduler, start_worker
from toolkit.core.errors import AtelierError, Unavailable
from toolkit.images.photos import photo
from toolkit.workers import dask_slot
from toolkit.workers.cluster import Cluster
from toolkit.workers.executor import EXECUTORS, Work
from toolkit.workers.item import FileTarget, Item, Outcome

WORK = Work(operation="oil_painting", backend="opencv")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder, image = tmp_path_factory.mktemp("pictures"), photo("chelsea")
    files = [folder / f"{number}.png" for number in range(16)]
    for number, file in enumerate(files):
        tk.save(np.roll(image, number, axis=1), file)
    return files


def items_of(pictures: list[Path], folder: Path) -> list[Item]:
    folder.mkdir()
    targets = [FileTarget(path=folder / file.name, suffix=".png") for file in pictures]
    return [
        Item(index=number, source=file, target=target)
        for number, (file, target) in enumerate(zip(pictures, targets, strict=True))
    ]


@pytest.fixture(scope="module")
def expected(pictures: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("expected") / "out"
    with EXECUTORS["processes"].open(WORK, workers=2) as pool:
        assert all(outcome.is_ok for outcome in pool.run(items_of(pictures, folder)))
    return [(folder / file.name).read_bytes() for file in pictures]


@pytest.mark.parametrize("shared", [False, True])
def test_files_are_those_that_processes_write(
    shared: bool, cluster_address: str, pictures: list[Path], expected: list[bytes], tmp_path: Path
) -> None:
    options = {"address": cluster_address, "shared_folder": shared}
    with EXECUTORS["dask"].open(WORK, **options) as pool:
        found = list(pool.run(items_of(pictures, tmp_path / "out")))
    assert [outcome.error for outcome in found if outcome.error] == []
    assert [(tmp_path / "out" / file.name).read_bytes() for file in pictures] == expected
    assert all(outcome.digest and outcome.input_digest for outcome in found)


def test_nothing_is_lost_when_a_worker_and_the_scheduler_are_killed(
    pictures: list[Path], expected: list[bytes], tmp_path: Path
) -> None:
    pytest.importorskip("distributed")
    scheduler, address = start_scheduler(tmp_path)
    workers = [start_worker(address, name, tmp_path) for name in ("first", "second")]

    def disturbed(outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        nonlocal scheduler
        for number, outcome in enumerate(outcomes):
            yield outcome
            if number == 2:
                workers[0].kill()
            if number == 6:
                scheduler.kill()
                scheduler.wait()
                scheduler, _ = start_scheduler(tmp_path, port=int(address.rpartition(":")[2]))
                workers.append(start_worker(address, "third", tmp_path))

    try:
        with EXECUTORS["dask"].open(WORK, address=address, chunk=2) as pool:
            found = list(disturbed(pool.run(items_of(pictures, tmp_path / "out"))))
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()
    assert sorted(outcome.index for outcome in found) == list(range(len(pictures)))
    assert [outcome.error for outcome in found if outcome.error] == []
    assert [(tmp_path / "out" / file.name).read_bytes() for file in pictures] == expected


def test_work_that_a_worker_cannot_prepare_names_the_worker(cluster_address: str) -> None:
    bad = Work(operation="bicubic", backend="opencv_dnn")
    with pytest.raises(AtelierError):
        EXECUTORS["dask"].open(bad, address=cluster_address)


def test_a_worker_with_another_model_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    for name, doc in (("here", "one"), ("there", "two")):
        (tmp_path / name).mkdir()
        identity_model(tmp_path / name / "own.onnx", doc)
    (tmp_path / "there.py").write_text(f"import os; os.chdir({str(tmp_path / 'there')!r})\n")
    monkeypatch.chdir(tmp_path / "here")
    scheduler, address = start_scheduler(tmp_path)
    worker = start_worker(address, "other", tmp_path, "--preload", str(tmp_path / "there.py"))
    try:
        work = Work(operation="onnx_model", params=(("file", "own.onnx"),))
        with pytest.raises(Unavailable, match="other .*onnx_model"):
            EXECUTORS["dask"].open(work, address=address)
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()


def identity_model(file: Path, doc: str) -> None:
    """An ONNX model that gives its input back; `doc` makes its file differ."""
    onnx = pytest.importorskip("onnx")
    make, kind = onnx.helper, onnx.TensorProto.FLOAT
    ends = [make.make_tensor_value_info(name, kind, [1, 3, "h", "w"]) for name in ("image", "output")]
    graph = make.make_graph([make.make_node("Identity", ["image"], ["output"])], doc, ends[:1], ends[1:])
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 13)], ir_version=8), file)


def test_children_on_the_workers_end_with_the_pool(cluster_address: str) -> None:
    with EXECUTORS["dask"].open(WORK, address=cluster_address) as pool:
        lease = pool._cluster.lease
        assert sum(map(len, pool._cluster.on_each(dask_slot.pids, lease).values())) == 2
    with Cluster(cluster_address) as cluster:
        end = time.monotonic() + 60
        while sum(map(len, cluster.on_each(dask_slot.pids, lease).values())):
            assert time.monotonic() < end
            time.sleep(0.05)
