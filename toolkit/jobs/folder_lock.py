"""Let only one batch at a time write into a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolkit.core.errors import InvalidValue

LOCK_NAME = ".atelier-batch.lock"


@contextmanager
def only_batch_in(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; the system frees it when this process ends, however it ends.

    Raises
    ------
    InvalidValue
        Another batch writes into the folder, or the folder is read-only.
    """
    path = folder / LOCK_NAME
    try:
        file = path.open("a+")
    except OSError as error:
        raise InvalidValue(
            f"OUT must be a writable folder; got {str(folder)!r} ({error.strerror}). Choose another folder."
        ) from None
    with file:
        _take(file.fileno(), folder, path)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _take(descriptor: int, folder: Path, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: two batches in one folder are not noticed
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = path.read_text() or "another process"
        raise InvalidValue(
            f"OUT must be free; got {str(folder)!r}, into which another batch writes (process {holder}). "
            "Wait for that batch to end, or name another folder."
        ) from None
