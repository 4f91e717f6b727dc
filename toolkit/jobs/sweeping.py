"""Remove the pictures and results of old jobs."""

from __future__ import annotations

import logging
import os
import threading
import time

from toolkit.core.errors import AtelierError
from toolkit.jobs.asked import Asked
from toolkit.jobs.queue import JobQueue

_REMEMBERED = 24  # factor: a job is deleted at this multiple of the age at which its files are removed
_MOST_LOOKS_S = 60.0

_log = logging.getLogger(__name__)


def sweep(queue: JobQueue, *, keep_s: float) -> int:
    """Remove the files of jobs that ended `keep_s` seconds ago, and old files without a job; returns how many jobs.

    A job that has waited for `keep_s` seconds expires.
    """
    end_s = time.time() - keep_s
    queue.expire(waited_s=keep_s)
    old = queue.ledger.ended_before(end_s)
    for record in old:
        queue.ledger.expire_ended(record.id)
        queue.folder.remove(record.name, Asked.from_task(record.task))
    queue.ledger.forget_ended_before(time.time() - _REMEMBERED * keep_s)
    wanted = queue.pictures_in_use()
    for folder in (queue.folder.uploads, queue.folder.results, queue.folder.temporary):
        for file in os.scandir(folder):  # `iterdir` would first list the names of all files in memory
            try:
                if file.stat().st_mtime < end_s and file.name not in wanted:
                    os.unlink(file)
            except OSError:  # the file was deleted in the meantime, or the path is a folder
                continue
    queue.cache.sweep()
    return len(old)


class Sweeper:
    """A thread that calls `sweep` at regular intervals; a context manager."""

    def __init__(self, queue: JobQueue, *, keep_s: float) -> None:
        self._queue, self._keep_s = queue, keep_s
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="atelier-sweeper", daemon=True)

    def __enter__(self) -> Sweeper:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(min(_MOST_LOOKS_S, self._keep_s / 4)):
            try:
                sweep(self._queue, keep_s=self._keep_s)
            except (AtelierError, OSError):
                _log.exception("the files of old jobs cannot be removed")
