"""One measuring process per machine: a second one would disturb the first."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def _path() -> Path:
    return Path(tempfile.gettempdir()) / "atelier-measuring.lock"


@contextmanager
def measuring_lock(on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the machine's measuring lock; the kernel frees it when the process ends, however it ends.

    Parameters
    ----------
    on_wait : callable, optional
        Receives one sentence that says who holds the lock, if there is a wait.
    """
    path = _path()
    # Without O_CREAT first: sticky folders refuse O_CREAT on another user's file.
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if on_wait is not None:
                on_wait(f"Waiting: {_holder(path)} is measuring on this machine.")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.truncate(descriptor, 0)
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "command": command}).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _holder(path: Path) -> str:
    try:
        told = json.loads(path.read_text())
        return f"process {told['pid']} ({told['command'].strip() or 'python'})"
    except (OSError, ValueError, KeyError):
        return "another process"
