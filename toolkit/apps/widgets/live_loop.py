"""The thread that renders a tuner's pictures: only the newest settings wait, and newer settings kill an older job."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from time import monotonic

from toolkit.apps.widgets.settings import Settings
from toolkit.images.image import Image
from toolkit.workers.live_worker import LiveWorker, Rendered

PREVIEW_SIDE_PX = 640
REST_S = 0.25
"""The full picture is computed when no control has moved for this time, s."""

WORTH_KILLING_S = 0.3
"""An outdated job is killed if its estimated remaining time is longer than this limit, s."""

_WORTH_SHARE = 0.7  # share of the photo; rendering a window that reads a larger share saves too little time

Window = tuple[int, int, int, int]
_serials = count(1)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A picture to render: its settings, and the number of the user's move that chose these settings.

    Attributes
    ----------
    window : (top, left, bottom, right), optional
        The visible part of the photo, px, if the operation can render this part alone.
    halo : int
        Width of the border around a window that rendering the window reads, px.
    serial : int
        Serial number of the job; a later job has a larger number.
    """

    number: int
    operation: str
    settings: Settings
    photo: Image
    window: Window | None = None
    halo: int = 0
    serial: int = field(default_factory=lambda: next(_serials))

    @property
    def pixels(self) -> int:
        """Number of pixels of the photo."""
        return self.photo.shape[0] * self.photo.shape[1]

    @property
    def first(self) -> tuple[int, Window | None, int]:
        """The first rendering of a job: side of the preview (0: no preview), window, and number of pixels to read."""
        height, width = self.photo.shape[:2]
        if self.window is not None:
            top, left, bottom, right = self.window
            rows = min(height, bottom + self.halo) - max(0, top - self.halo)
            read = rows * (min(width, right + self.halo) - max(0, left - self.halo))
            if read <= _WORTH_SHARE * self.pixels:
                return 0, self.window, read
        if max(height, width) <= PREVIEW_SIDE_PX:
            return 0, None, self.pixels
        share = PREVIEW_SIDE_PX / max(height, width)
        return PREVIEW_SIDE_PX, None, round(self.pixels * share**2)


Show = Callable[[Job, "Rendered | Exception", bool], None]
"""A function that receives the job, the picture or the error, and whether the picture is exact (not a preview)."""


class LiveLoop:
    """A thread that renders the newest job: first a preview or the visible part, later the full picture.

    Parameters
    ----------
    worker : LiveWorker
        The worker whose processes render the pictures.
    show : callable
        A function that is called by the rendering thread for each picture and each error, in the order of jobs.
    """

    def __init__(self, worker: LiveWorker, *, show: Show) -> None:
        self._worker, self._show = worker, show
        self._changed = threading.Condition()
        self._newest: Job | None = None
        # the running job, the number of pixels that the job reads, and the job's start time
        self._running: tuple[Job, int, float] | None = None
        self._s_per_px: float | None = None
        self._done = 0
        self._is_wanted = self._is_closed = False
        threading.Thread(target=self._work, name="atelier-tuner", daemon=True).start()

    def post(self, job: Job) -> None:
        """Run this job next; it replaces a job that already waits."""
        with self._changed:
            self._newest, self._is_wanted = job, False
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

    def want_full(self) -> None:
        """Render the full picture of the newest job now, without waiting until controls rest."""
        with self._changed:
            self._is_wanted = True
            self._changed.notify_all()

    def close(self) -> None:
        """End the rendering thread and the worker's processes."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._worker.close()

    def _left_s(self, running: tuple[Job, int, float]) -> float | None:
        """Estimated remaining time of a running job, s; None if the time cannot be estimated."""
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
            side_px, window, pixels = job.first
            is_whole = not side_px and window is None
            is_fine = is_whole or self._render(job, pixels, side_px=side_px, window=window)
            if is_fine and (is_whole or self._rests(job)):
                self._render(job, job.pixels)
            self._done = job.serial

    def _rests(self, job: Job) -> bool:
        """Wait until no control has moved for `REST_S`; False if a control has moved."""

        def is_over() -> bool:
            return self._is_closed or self._is_wanted or self._has_newer_than(job.serial)

        with self._changed:
            self._changed.wait_for(is_over, REST_S)
            return not (self._is_closed or self._has_newer_than(job.serial))

    def _has_newer_than(self, serial: int) -> bool:
        return self._newest is not None and self._newest.serial > serial

    def _render(self, job: Job, pixels: int, *, side_px: int = 0, window: Window | None = None) -> bool:
        """Render a job and show the picture; False if there is no picture."""
        with self._changed:
            self._running = (job, pixels, monotonic())
        found: Rendered | Exception
        try:
            self._worker.show(job.photo)
            found = self._worker.render(job.operation, **job.settings.call(), side_px=side_px, window=window)
        except Exception as error:  # the user must see any error, and the next move must work
            found = error
        with self._changed:
            self._running = None
            is_stale = self._is_closed or self._has_newer_than(job.serial)
            if isinstance(found, Rendered):
                self._s_per_px = found.took_s / pixels
        if not (is_stale and isinstance(found, Exception)):
            self._show(job, found, not side_px)
        return isinstance(found, Rendered)
