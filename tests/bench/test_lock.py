import json
import logging
import os
import signal
import stat
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from toolkit.bench.lock import measuring_lock
from toolkit.core.errors import InvalidValue

HOLDER = (
    "from toolkit.bench.lock import measuring_lock\n"
    "with measuring_lock():\n"
    "    print('held', flush=True)\n"
    "    input()\n"
)


@pytest.fixture(autouse=True)
def own_lock(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path / "atelier-measuring.lock"


@contextmanager
def holder():
    """Another process that holds the lock until it reads a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, "the", "arguments"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


class Waiter:
    """Takes the lock in a thread of its own."""

    def __init__(self, on_wait=None) -> None:
        self.said: list[str] = []
        self.told, self.entered = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._take, args=(on_wait,), daemon=True)
        self._thread.start()

    def _take(self, on_wait) -> None:
        with measuring_lock(on_wait or self._hear):
            self.entered.set()

    def _hear(self, sentence: str) -> None:
        self.said.append(sentence)
        self.told.set()

    def end(self) -> None:
        self._thread.join(20)
        assert not self._thread.is_alive()


def test_the_second_waits_is_told_who_holds_it_and_enters_afterwards():
    with holder() as other:
        waiter = Waiter()
        assert waiter.told.wait(60)
        assert waiter.said == [
            f"Waiting: process {other.pid} (-c the arguments) is measuring on this machine."
        ]
        assert not waiter.entered.is_set()
        other.stdin.write("\n")
        other.stdin.flush()
        waiter.end()
    assert waiter.entered.is_set()


def test_the_kernel_frees_the_lock_of_a_killed_process():
    with holder() as other:
        waiter = Waiter()
        assert waiter.told.wait(60)
        assert not waiter.entered.is_set()
        os.kill(other.pid, signal.SIGKILL)
        waiter.end()
    assert waiter.entered.is_set()


def test_a_free_lock_is_taken_without_a_word_and_again_and_again():
    for _ in range(3):
        said: list[str] = []
        with measuring_lock(said.append):
            pass
        assert said == []


def test_an_exception_frees_it(own_lock):
    with pytest.raises(ZeroDivisionError), measuring_lock():
        raise ZeroDivisionError
    said: list[str] = []
    with measuring_lock(said.append):
        assert json.loads(own_lock.read_text())["pid"] == os.getpid()
    assert said == []


def test_without_a_listener_the_wait_is_logged(caplog):
    logged = threading.Event()
    handler = logging.Handler()
    handler.emit = lambda record: logged.set()
    logger = logging.getLogger("toolkit.bench.lock")
    logger.addHandler(handler)
    try:
        with holder() as other:
            thread = threading.Thread(target=_enter)
            thread.start()
            assert logged.wait(60)
            os.kill(other.pid, signal.SIGKILL)
            thread.join(20)
    finally:
        logger.removeHandler(handler)
    assert f"process {other.pid}" in caplog.text


def _enter() -> None:
    with measuring_lock():
        pass


def test_another_user_may_open_it_whatever_the_umask(own_lock):
    before = os.umask(0o077)
    try:
        with measuring_lock():
            assert stat.S_IMODE(own_lock.stat().st_mode) == 0o666
    finally:
        os.umask(before)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 3}', "\x00\xff"])
def test_an_unreadable_note_of_the_holder_is_no_obstacle(own_lock, content):
    with holder() as other:
        own_lock.write_text(content)
        waiter = Waiter()
        assert waiter.told.wait(60)
        assert waiter.said == ["Waiting: another process is measuring on this machine."]
        os.kill(other.pid, signal.SIGKILL)
        waiter.end()


def test_a_link_in_its_place_is_not_followed(own_lock, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("kept")
    own_lock.symlink_to(precious)
    with pytest.raises(InvalidValue, match=r"the measuring lock '.*' cannot be opened: "), measuring_lock():
        pass
    assert precious.read_text() == "kept"


def test_a_lock_that_cannot_be_made_is_one_sentence(monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/proc")  # nobody can make a file there, not even root
    with pytest.raises(InvalidValue, match="measuring lock"), measuring_lock():
        pass
