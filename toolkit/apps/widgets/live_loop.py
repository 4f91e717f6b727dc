"""Render a tuner's picture in a thread: only the newest parameters wait, and a long outdated job is killed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from toolkit.core.params import Value
from toolkit.workers.live_worker import LiveWorker, Rendered

PREVIEW_SIDE_PX = 640
REST_S = 0.25
"""The full picture is computed when no control has moved for this time, s."""

WORTH_KILLING_S = 0.3
"""An outdated job is killed if its remaining time is longer than this, s."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """The settings of a picture to render, and the number of the user's move that made these settings."""

    number: int
    operation: str
    params: dict[str, Value]
    backend: str | None
    threads: int | None


Show = Callable[[Job, "Rendered | Exception", bool], None]
"""A function that receives the job, the picture or the error, and whether the picture is exact (not a preview)."""


class LiveLoop:
    """A thread that renders the newest job: first a preview, then the full picture when no control moves.

    Parameters
    ----------
    worker : LiveWorker
    pixels : int
        Number of pixels of the photo.
    preview_pixels : int
        Number of pixels of the preview; equal to `pixels` if the photo itself is small enough.
    show : callable
        Called by the thread for each picture and each error, in the order of moves.
    """

    def __init__(self, worker: LiveWorker, *, pixels: int, preview_pixels: int, show: Show) -> None:
        self._worker, self._show = worker, show
        self._pixels, self._preview_pixels = pixels, preview_pixels
        self._changed = threading.Condition()
        self._newest: Job | None = None
        self._running: tuple[Job, int, float] | None = (
            None  # the job, its number of pixels, and its start time, s
        )
        self._s_per_px: float | None = None
        self._done = 0
        self._is_closed = False
        threading.Thread(target=self._work, name="atelier-tuner", daemon=True).start()

    def post(self, job: Job) -> None:
        """Make a job the next to run; a job that waits already is replaced."""
        with self._changed:
            self._newest = job
            self._changed.notify_all()
            running = self._running
            if running is None:
                return
            left_s = self._left_s(running)
        if left_s is None:
            timer = threading.Timer(WORTH_KILLING_S, self._kill_if_running, (running,))
            timer.daemon = True
            timer.start()
        elif left_s > WORTH_KILLING_S:
            self._kill_if_running(running)

    def close(self) -> None:
        """End the thread and the worker's processes."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._worker.close()

    def _left_s(self, running: tuple[Job, int, float]) -> float | None:
        """Estimated remaining time of a running job, s; None if unknown."""
        _, pixels, began_s = running
        if self._s_per_px is None:
            return None
        left_s = self._s_per_px * pixels - (monotonic() - began_s)
        return left_s if left_s > 0 else None

    def _kill_if_running(self, running: tuple[Job, int, float]) -> None:
        with self._changed:
            if self._running is running:
                self._worker.kill()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_closed or self._has_newer_than(self._done))
                if self._is_closed:
                    return
                job = self._newest
            assert job is not None
            is_small = self._preview_pixels == self._pixels
            if not is_small:
                self._render(job, self._preview_pixels, is_exact=False)
            with self._changed:
                number = job.number
                wait_s = 0.0 if is_small else REST_S
                self._changed.wait_for(lambda n=number: self._is_closed or self._has_newer_than(n), wait_s)
                is_stale = self._is_closed or (self._has_newer_than(number) and not is_small)
            if not is_stale:
                self._render(job, self._pixels, is_exact=True)
            self._done = job.number

    def _has_newer_than(self, number: int) -> bool:
        return self._newest is not None and self._newest.number > number

    def _render(self, job: Job, pixels: int, *, is_exact: bool) -> None:
        with self._changed:
            self._running = (job, pixels, monotonic())
        found: Rendered | Exception
        try:
            found = self._worker.render(
                job.operation,
                job.params,
                backend=job.backend,
                threads=job.threads,
                side_px=0 if is_exact else PREVIEW_SIDE_PX,
            )
        except Exception as error:  # the user must see any error, and the next move must work
            found = error
        with self._changed:
            self._running = None
            is_stale = self._is_closed or self._has_newer_than(job.number)
            if isinstance(found, Rendered):
                self._s_per_px = found.took_s / pixels
        if not (is_stale and isinstance(found, Exception)):
            self._show(job, found, is_exact)
