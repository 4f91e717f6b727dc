"""Run a service until a signal ends it; the service then waits for the running jobs."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import uvicorn

from toolkit.apps.service.app import make_app
from toolkit.apps.service.engine import Engine
from toolkit.apps.service.settings import ServiceSettings
from toolkit.apps.service.slow_clients import PatientProtocol
from toolkit.core.errors import Unavailable

_ENDING_S = 1  # time, s, for responses that are still being sent when all jobs have ended
_FILE_THREADS = 6  # threads that read and write the files of requests


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to `_serve`, so that it answers requests while the last jobs run."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run_service(settings: ServiceSettings, *, on_start: Callable[[str], None] = lambda url: None) -> None:
    """Run the web service until SIGTERM or Ctrl-C; a second signal ends the service at once.

    Parameters
    ----------
    on_start : callable
        A function that receives the address as soon as the service accepts requests.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported
        The service cannot start.
    """
    engine = Engine(settings)
    with _bound(settings.host, settings.port) as listener, engine:
        # uvicorn's temporary files of uploads lie in the data folder, on the disk whose room is checked.
        os.environ["TMPDIR"] = tempfile.tempdir = str(engine.folder.temporary)
        asyncio.run(_serve(engine, listener, on_start))


async def _serve(engine: Engine, listener: socket.socket, on_start: Callable[[str], None]) -> None:
    config = uvicorn.Config(
        make_app(engine),
        http=PatientProtocol,
        ws="none",
        loop="asyncio",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_ENDING_S,
        backlog=512,
    )
    server = _Server(config)
    await _start_file_threads()
    ending: list[asyncio.Task[None]] = []

    async def end() -> None:
        await asyncio.to_thread(engine.drain)
        engine.watch.end()
        server.should_exit = True

    def told_to_end() -> None:
        if ending:
            server.should_exit = server.force_exit = True
        else:
            ending.append(asyncio.create_task(end()))

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_end)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        host, port = listener.getsockname()[:2]
        on_start(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    await serving


async def _start_file_threads() -> None:
    """Start all threads that read and write pictures, so that memory does not grow when many requests come at once."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_FILE_THREADS, "atelier-files"))
    all_run = threading.Barrier(_FILE_THREADS)
    await asyncio.gather(*(asyncio.to_thread(all_run.wait) for _ in range(_FILE_THREADS)))


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise Unavailable(
                f"port {port} of {host} cannot be used: {error.strerror or error}. Choose another port with --port."
            ) from None
        yield listener
