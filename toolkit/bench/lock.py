"""A lock that lets one process of a machine measure at a time: two measuring processes would slow each other down."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from toolkit.core.errors import InvalidValue


def _path() -> Path:
    return Path(tempfile.gettempdir()) / "atelier-measuring.lock"


@contextmanager
def measuring_lock(on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the machine's measuring lock; the system frees the lock when the process ends or is killed.

    Parameters
    ----------
    on_wait : callable, optional
        Function that receives a sentence naming the process with the lock, if this process must wait. By default the
        sentence goes to the log.
    """
    path = _path()
    descriptor = _open(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell = on_wait or logging.getLogger(__name__).warning
            tell(f"Waiting: {_holder(path)} is measuring on this machine.")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
        with suppress(OSError):  # on a full disk the next process is not told which process holds the lock
            os.truncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "command": command}).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    """Open the lock file, which every user of the machine may open."""
    try:
        with suppress(FileNotFoundError):
            # The lock file is opened without O_CREAT first, because in /tmp Linux refuses O_CREAT for another user's
            # file.
            return os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        os.fchmod(descriptor, 0o666)  # the umask may have removed the permissions of other users
        return descriptor
    except OSError as error:
        raise InvalidValue(f"the measuring lock {str(path)!r} cannot be opened: {error.strerror}.") from error


def _holder(path: Path) -> str:
    try:
        told = json.loads(path.read_text())
        return f"process {told['pid']} ({told['command'].strip() or 'python'})"
    # Any user can write invalid text to the lock file.
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "another process"
