"""Let only one batch, or one service, at a time write into a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolkit.core.errors import InvalidValue

LOCK_NAME = ".atelier-batch.lock"


@contextmanager
def only_batch_in(folder: Path) -> Iterator[None]:
    """Hold the lock file that lets only one batch at a time write into a folder.

    Raises
    ------
    InvalidValue
        Another batch writes into the folder, or the folder is read-only.
    """
    with only_writer_in(folder, lock_name=LOCK_NAME, name="OUT", noun="batch"):
        yield


@contextmanager
def only_writer_in(folder: Path, *, lock_name: str, name: str, noun: str) -> Iterator[None]:
    """Hold the lock file of a folder; the system frees the lock when this process ends, even if it is killed.

    Parameters
    ----------
    name : str
        Name of the folder in messages, such as ``OUT``.
    noun : str
        Noun for the process that writes into the folder, such as ``batch``.

    Raises
    ------
    InvalidValue
        Another process writes into the folder, or the folder is read-only.
    """
    path = folder / lock_name
    try:
        file = path.open("a+")
    except OSError as error:
        raise InvalidValue(
            f"{name} must be a writable folder; got {str(folder)!r} ({error.strerror}). Choose another folder."
        ) from None
    with file:
        _take(file.fileno(), path, name=name, noun=noun)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _take(descriptor: int, path: Path, *, name: str, noun: str) -> None:
    try:
        import fcntl
    except ImportError:  # Windows has no such lock: two batches in one folder are not noticed
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = path.read_text() or "another process"
        raise InvalidValue(
            f"{name} must be free; got {str(path.parent)!r}, into which another {noun} writes (process {holder}). "
            f"Wait for that {noun} to end, or name another folder."
        ) from None
