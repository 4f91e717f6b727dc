"""One measuring process a machine: a second one would disturb the first."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from toolkit.core.errors import InvalidValue


def _path() -> Path:
    return Path(tempfile.gettempdir()) / "atelier-measuring.lock"


@contextmanager
def measuring_lock(on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the machine's measuring lock; the kernel frees it when the process ends, however it ends.

    Parameters
    ----------
    on_wait : callable, optional
        Receives a sentence that names the process with the lock, if there is a wait; default: a logged warning.
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
        os.truncate(descriptor, 0)
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "command": command}).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    """Open the lock file; every user of the machine may open it."""
    try:
        # First without O_CREAT: a sticky folder refuses O_CREAT on the file of another user.
        return os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        os.fchmod(descriptor, 0o666)  # the umask may have removed permissions
        return descriptor
    except OSError as error:
        raise InvalidValue(f"the measuring lock {str(path)!r} cannot be opened: {error.strerror}.") from error


def _holder(path: Path) -> str:
    try:
        told = json.loads(path.read_text())
        return f"process {told['pid']} ({told['command'].strip() or 'python'})"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # any user may write there
        return "another process"
