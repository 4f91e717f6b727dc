"""Two services as many tutorials publish them, with synchronous handlers, for comparison with ``atelier serve``.

``synchronous`` loads the model in each request, in the threads of the web framework, without a limit on
requests. ``queued`` loads the model once, runs one picture at a time, and answers 429 when its queue of five
is full.

A service starts as ``python -m toolkit.apps.service.published KIND WORK`` (WORK: the operation with its settings, as
JSON); the first line on stdout is the address of the service.
"""

from __future__ import annotations

import json
import queue
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack, suppress

import uvicorn
from fastapi import FastAPI, Response, UploadFile

from toolkit.core.child_process import die_with_parent
from toolkit.workers.executor import Work
from toolkit.workers.item import FileTarget, Item, Outcome
from toolkit.workers.picture_job import PictureJob

PLACES = 5
"""Largest number of pictures that wait in the queue of the service ``queued``."""
_TARGET = FileTarget(path=None, suffix=".png")


def synchronous(work: Work) -> FastAPI:
    """Make a service in which each request prepares the operation, runs its picture and closes the operation."""
    app = FastAPI()

    @app.post("/")
    def style(image: UploadFile) -> Response:
        with PictureJob(work) as job:
            return _answer(_ran(job, image.file.read()))

    return app


def queued(work: Work) -> FastAPI:
    """Make a service in which one thread runs the pictures of a short queue; each request waits for its picture.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported
        The operation cannot run on this machine.
    """
    waiting: queue.Queue[tuple[bytes, Future[Outcome]]] = queue.Queue(PLACES)
    is_loaded: Future[None] = Future()
    threading.Thread(target=_work_off, args=(work, waiting, is_loaded), daemon=True).start()
    is_loaded.result()
    app = FastAPI()

    @app.post("/")
    def style(image: UploadFile) -> Response:
        ended: Future[Outcome] = Future()
        try:
            waiting.put_nowait((image.file.read(), ended))
        except queue.Full:
            return Response("busy", 429)
        return _answer(ended.result())

    return app


KINDS: dict[str, Callable[[Work], FastAPI]] = {"synchronous": synchronous, "queued": queued}


def _work_off(
    work: Work, waiting: queue.Queue[tuple[bytes, Future[Outcome]]], is_loaded: Future[None]
) -> None:
    with ExitStack() as stack:
        try:
            job = stack.enter_context(PictureJob(work))
        except Exception as error:
            is_loaded.set_exception(error)
            return
        is_loaded.set_result(None)
        while True:
            content, ended = waiting.get()
            try:
                ended.set_result(_ran(job, content))
            except Exception as error:
                ended.set_exception(error)


def _ran(job: PictureJob, content: bytes) -> Outcome:
    return job.run([Item(index=0, source=content, target=_TARGET)])[0]


def _answer(outcome: Outcome) -> Response:
    if outcome.error:
        return Response(outcome.error, 400)
    run_ms = 1000 * sum(outcome.stages_s.values())
    return Response(
        outcome.content, media_type="image/png", headers={"Server-Timing": f"run;dur={run_ms:.1f}"}
    )


def main() -> None:
    """Serve on a free port of the loopback address until the parent process ends."""
    die_with_parent()
    kind, plain = sys.argv[1:]
    app = KINDS[kind](Work.from_dict(json.loads(plain)))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}/\n")
        sys.stdout.flush()
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


if __name__ == "__main__":
    main()
