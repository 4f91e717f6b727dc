"""Background work of a tuner while no control moves; a separate process works until a control moves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from toolkit.images.image import Image
from toolkit.workers.live_worker import LiveWorker

REST_S = 0.6
"""Time without a move of a control after which a background task begins, s."""

Task = Callable[[LiveWorker], Iterator[None]]
"""A generator that works in steps; a move of a control may stop the work between two steps."""


class Background:
    """Tasks that run in a separate process while no control moves; a move of a control ends the running task.

    Parameters
    ----------
    photo : Image
        The photo on which the tasks work.
    told : callable
        A function that is called after each step of a task.
    plugins : sequence of (path, SHA-256)
        Plug-in files that the separate process loads.
    """

    def __init__(
        self, photo: Image, told: Callable[[], None], *, plugins: Sequence[tuple[str, str]] = ()
    ) -> None:
        self._photo, self._told, self._plugins = photo, told, plugins
        self._changed = threading.Condition()
        self._worker: LiveWorker | None = None
        self._task: tuple[int, Task] | None = None
        self._serial, self._is_busy, self._is_closed = 0, False, False
        self._thread: threading.Thread | None = None

    def stop(self) -> None:
        """Stop the running task, because a control has moved."""
        with self._changed:
            self._serial += 1
            self._task = None
            self._changed.notify_all()
            if self._is_busy and self._worker is not None:
                self._worker.kill()

    def start(self, photo: Image, task: Task) -> None:
        """Stop the running task, and begin a new task as soon as no control has moved for `REST_S`."""
        self.stop()
        with self._changed:
            self._photo, self._task = photo, (self._serial, task)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="atelier-costs", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread and the separate process that run the tasks."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            if self._worker is not None:
                self._worker.close()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_closed or self._task is not None)
                if self._is_closed:
                    return
                assert self._task is not None
                serial, task = self._task
                self._changed.wait_for(lambda n=serial: self._is_closed or self._serial != n, REST_S)
                if self._is_closed or self._serial != serial:
                    continue
                self._task = None
                self._worker = self._worker or LiveWorker(self._photo, self._plugins, has_spare=False)
                self._worker.show(self._photo)
                self._is_busy = True
            with suppress(
                Exception
            ):  # a move killed the process, or a backend failed: the cost panel then shows no value
                for _ in task(self._worker):
                    if self._serial != serial or self._is_closed:
                        break
                    self._told()
            with self._changed:
                self._is_busy = False
