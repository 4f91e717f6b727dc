"""A cluster is reached through its scheduler; what cannot work is refused in one sentence."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.cluster_fixture import start_scheduler, start_worker
from toolkit.core.errors import InvalidValue, Unavailable
from toolkit.workers.cluster import Cluster, source_digest


def test_both_workers_are_seen_and_run_these_sources(cluster_address: str) -> None:
    with Cluster(cluster_address) as cluster:
        assert {info["name"] for info in cluster.workers().values()} == {"left", "right"}
        assert set(cluster.on_each(source_digest).values()) == {source_digest()}


def test_an_address_at_which_nobody_listens_is_unavailable() -> None:
    pytest.importorskip("distributed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Unavailable, match="scheduler"):
        Cluster(address)


def test_a_text_that_is_no_address_is_an_invalid_value() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(InvalidValue, match="address"):
        Cluster("nonsense://nowhere")


def test_a_worker_with_another_version_is_refused_by_name(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    old = tmp_path / "old" / "toolkit"
    old.mkdir(parents=True)
    (old / "__init__.py").write_text('__version__ = "0.0.1"\n')
    (tmp_path / "old.py").write_text(f"import sys; sys.path.insert(0, {str(old.parent)!r})\n")
    scheduler, address = start_scheduler(tmp_path)
    worker = start_worker(address, "elder", tmp_path, "--preload", str(tmp_path / "old.py"))
    try:
        with pytest.raises(Unavailable, match=r"elder .*0\.0\.1"):
            Cluster(address)
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()
