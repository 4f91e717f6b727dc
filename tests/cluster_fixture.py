"""A Dask scheduler and two workers, each a process of its own on a loopback port; started once for all tests."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolkit.core.child_process import module_environment

DASK = "distributed.cli.dask_{}"


def start(program: str, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
    """Start ``dask scheduler`` or ``dask worker``."""
    command = [sys.executable, "-m", DASK.format(program), "--no-dashboard", *arguments]
    with log.open("ab") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, env=module_environment())


def start_scheduler(folder: Path, *, port: int = 0) -> tuple[subprocess.Popen[bytes], str]:
    """A scheduler and its address."""
    log = folder / "scheduler.log"
    log.unlink(missing_ok=True)
    process = start("scheduler", "--host", "127.0.0.1", "--port", str(port), log=log)
    while "Scheduler at:" not in (text := log.read_text()):
        assert process.poll() is None, text
        time.sleep(0.05)
    address = text.partition("Scheduler at:")[2].split()[0]
    return process, address


def start_worker(address: str, name: str, folder: Path, *more: str) -> subprocess.Popen[bytes]:
    """A worker that is a machine with this name: it declares a measuring slot."""
    options = ("--nworkers", "1", "--nthreads", "1", "--no-nanny", "--name", name)
    log, place = folder / f"{name}.log", str(folder / name)
    slot = ("--resources", "measure=1", "--local-directory", place)
    return start("worker", address, *options, *slot, *more, log=log)


@pytest.fixture(scope="session")
def cluster_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a scheduler with the workers ``left`` and ``right``."""
    pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("cluster")
    scheduler, address = start_scheduler(folder)
    workers = [start_worker(address, name, folder) for name in ("left", "right")]
    while (folder / "scheduler.log").read_text().count("Register worker") < len(workers):
        time.sleep(0.05)
    yield address
    for process in (*workers, scheduler):
        process.kill()
        process.wait()
