"""The main process of a Celery worker: it passes messages to its host process, which runs the pictures.

The main process imports neither numpy nor any runtime, so it starts fast and stays small; if the host process dies,
the main process starts a new host process.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import IO, Any

from toolkit.core.child_process import module_command, module_environment
from toolkit.core.errors import AtelierError
from toolkit.workers.celery_queue import TASK, VISIBILITY_S, queue_app
from toolkit.workers.fence import connected, lost_errors

DEAF_S = 10.0
"""A worker that is idle for this time, s, although messages wait in the queue, starts itself again."""
_LOOK_S = 1.0

_log = logging.getLogger(__name__)


class _Host:
    """The process that runs pictures: it reads a line for each picture, and writes the number of an ended picture."""

    def __init__(self, broker: str, *, threads: int) -> None:
        self._broker, self._threads = broker, threads
        self._lock = threading.Lock()
        self._numbers = count()
        self._open: dict[int, threading.Event] = {}
        self._is_closed = False
        self.n_begun = 0
        """Number of pictures that the worker has begun to run."""
        self._process = self._started()

    def run(self, **item: Any) -> None:
        """Run a picture in the host process; returns when the picture or the host process has ended."""
        ended, number = threading.Event(), next(self._numbers)
        self.n_begun = number + 1
        line = json.dumps({"number": number, **item}) + "\n"
        with self._lock:
            if self._process.poll() is not None:
                _log.warning(
                    "the process that runs pictures ended with code %s and is replaced",
                    self._process.returncode,
                )
                self._process = self._started()
            self._open[number] = ended
            try:
                self._stdin.write(line)
                self._stdin.flush()
            except BrokenPipeError:
                del self._open[number]
                return
        ended.wait()

    @property
    def is_idle(self) -> bool:
        """Whether the host process runs no picture."""
        return not self._open

    def close(self) -> None:
        """End the host process and its child processes."""
        with self._lock, suppress(BrokenPipeError):
            self._stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()

    @property
    def _stdin(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _started(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            module_command("toolkit.workers.celery_host", str(self._threads)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # The address may hold a password, so it is not an argument, which other users of this machine could see.
            env=module_environment({"ATELIER_BROKER": self._broker}),
            start_new_session=True,  # Ctrl-C goes to the main process only, which waits for running pictures
        )
        threading.Thread(target=self._listen, args=(process,), name="atelier-host", daemon=True).start()
        return process

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with suppress(ValueError, KeyError):
                self._open.pop(int(line)).set()
        process.wait()
        with self._lock:
            if process is not self._process:
                return
            left, self._open = self._open, {}
        for ended in left.values():
            ended.set()


def _watch(host: _Host, broker: str, queue: str) -> None:
    """Body of the thread that starts this process again when it takes no messages although messages wait.

    If Redis dies while a thread acknowledges a message, that thread closes the connection on which Celery's event loop
    waits, and the loop waits forever.
    """
    lost: tuple[type[Exception], ...] = (AtelierError, *lost_errors())
    server, n_begun, deaf_s = None, -1, 0.0
    while deaf_s < DEAF_S:
        time.sleep(_LOOK_S)
        try:
            server = server or connected(broker)
            is_deaf = host.is_idle and host.n_begun == n_begun and server.llen(queue) > 0
        except lost:
            is_deaf = False
        n_begun, deaf_s = host.n_begun, deaf_s + _LOOK_S if is_deaf else 0.0
    _log.warning("messages wait in the queue, but this Celery worker takes none; the worker starts again.")
    os.execv(sys.executable, sys.orig_argv)  # the host process ends, because its stdin closes


def work(
    broker: str, *, queue: str, threads: int, visibility_s: float = VISIBILITY_S, level: str = "WARNING"
) -> int:
    """Run pictures of all clients of a Redis server until SIGTERM or Ctrl-C, and finish the running pictures.

    Parameters
    ----------
    broker, queue : str
        Address of the Redis server, and name of the Celery queue.
    threads : int
        Number of pictures that run at the same time, each in a process of its own.
    visibility_s : float
        Time, s, after which Celery gives the message of a dead worker to another worker.
    level : str
        Level of Celery's own log: less important messages are left out.

    Returns
    -------
    int
        Exit code of the main process of the worker.
    """
    from celery.utils.nodenames import gethostname

    host = _Host(broker, threads=threads)
    app = queue_app(broker, visibility_s=visibility_s)

    @app.task(name=TASK, bind=True)  # type: ignore[untyped-decorator]
    def run(task: Any, client: str, serial: int, attempt: int) -> None:
        properties: Mapping[str, Any] = getattr(task.request, "properties", None) or {}
        host.run(client=client, serial=serial, attempt=attempt, tag=properties.get("delivery_tag", ""))

    worker = app.Worker(
        hostname=f"atelier@{gethostname()}",
        pool="threads",
        concurrency=threads,
        queues=[queue],
        loglevel=level,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    watch = threading.Thread(target=_watch, args=(host, broker, queue), name="atelier-watch", daemon=True)
    watch.start()
    try:
        worker.start()
    finally:
        host.close()
    return int(worker.exitcode or 0)
