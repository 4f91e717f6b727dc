"""A child process that renders one photo with changing parameters, and a spare process that replaces a killed one."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from toolkit.contracts.outcome import Cause
from toolkit.contracts.placed import placement_for
from toolkit.core.choices import Precision
from toolkit.core.params import Value
from toolkit.images.image import Image
from toolkit.workers.array_file import ArrayFile
from toolkit.workers.process import WorkerFailed, WorkerProcess, thread_environment

_OPEN_S = 120.0
_LONGEST_S = 3600.0


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A rendered picture, with its run time, its backend and its number of threads.

    Attributes
    ----------
    image : Image
        The rendered picture.
    took_s : float
        Duration of the call of the operation, s, without set-up.
    backend : str
        Name of the backend that rendered the picture.
    threads : int
        Number of threads that the backend used.
    peak_bytes : int or None
        Largest resident memory of the process during the call, bytes; None if the system does not report it.
    read_px : int
        Number of pixels of the input that the call has read.
    window : (top, left, bottom, right), optional
        The part of the photo, px of the input, that `image` shows; None for the whole photo.
    """

    image: Image
    took_s: float
    backend: str
    threads: int
    peak_bytes: int | None = None
    read_px: int = 0
    window: tuple[int, int, int, int] | None = None


class LiveWorker:
    """A process that renders one photo, and a spare process. Only one thread may call `render`.

    Parameters
    ----------
    photo : Image
        The photo that the processes render.
    plugins : sequence of (path, SHA-256)
        Plug-in files that the processes load.
    has_spare : bool
        Whether a second (spare) process is kept ready; otherwise the call after a kill waits for a new process.
    """

    def __init__(
        self, photo: Image, plugins: Sequence[tuple[str, str]] = (), *, has_spare: bool = True
    ) -> None:
        self._photo, self._plugins, self._has_spare = photo, tuple(plugins), has_spare
        self._lock = threading.Lock()
        self._current: _Child | None = None
        self._rendering: _Child | None = None
        # On Linux a child process ends with the thread that started it, so one long-lived thread starts all child
        # processes.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="atelier-live")
        self._spare: Future[_Child] | None = self._started() if has_spare else None
        self._is_closed = False

    def show(self, photo: Image) -> None:
        """Render another photo from the next call of `render` on."""
        with self._lock:
            self._photo = photo

    @property
    def pids(self) -> list[int]:
        """Process ids of the child processes that are alive."""
        with self._lock:
            is_there = self._spare is not None and self._spare.done() and not self._spare.exception()
            spare = self._spare.result() if self._spare is not None and is_there else None
            return [one.process.pid for one in (self._current, spare) if one is not None]

    def render(
        self,
        operation: str,
        params: dict[str, Value],
        *,
        backend: str | None,
        threads: int | None,
        precision: str = Precision.FP32,
        side_px: int = 0,
        window: tuple[int, int, int, int] | None = None,
    ) -> Rendered:
        """Run an operation on the photo after shrinking it to `side_px` (0: not shrunk), or on a window of the photo.

        Raises
        ------
        AtelierError
            The operation refuses its input or fails; or the child process was killed, and the next call uses the spare
            process.
        """
        child = self._child()
        try:
            with self._lock:
                self._rendering, photo = child, self._photo
            child.take(photo)
            return child.render(
                window,
                operation=operation,
                params=params,
                backend=backend,
                threads=threads,
                precision=precision,
                side_px=side_px,
            )
        except WorkerFailed as error:
            child.is_lost |= error.cause in (Cause.DIED, Cause.TIMED_OUT)
            raise
        finally:
            self._let_go(child)

    def kill(self) -> None:
        """Kill the child process that renders a picture, from any thread; no effect while no call of `render` runs."""
        with self._lock:
            if self._rendering is not None:
                self._rendering.is_lost = True
                self._rendering.process.kill()

    def close(self) -> None:
        """End the child process that renders the photo, and the spare process."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            current, self._current = self._current, None
            spare = self._spare
        if spare is not None:
            spare.add_done_callback(_close_started)
        self._starter.shutdown(wait=False)
        if current is not None:
            current.close()

    def _let_go(self, child: _Child) -> None:
        """End a call of `render`; close a child process that was killed or died, so that the next call gets another."""
        with self._lock:
            self._rendering = None
            if child.is_lost:
                self._current = None
        if child.is_lost:
            child.close()

    def _child(self) -> _Child:
        with self._lock:
            if self._current is not None:
                return self._current
            if self._is_closed:
                raise _closed()
            self._spare = spare = self._spare or self._started()
        try:
            child = spare.result()
            if not child.answers():  # the spare process was killed while it waited
                child.close()
                with self._lock:
                    self._spare = spare = self._started()
                child = spare.result()
        except Exception:
            with self._lock:
                self._spare = None  # the next call of `render` starts a new process
            raise
        with self._lock:
            if self._is_closed:
                raise _closed()
            self._current = child
            self._spare = self._started() if self._has_spare else None
        return child

    def _started(self) -> Future[_Child]:
        return self._starter.submit(_Child, self._photo, self._plugins)


def _closed() -> WorkerFailed:
    return WorkerFailed("the tuner is closed; make a new tuner with tk.tuner.", Cause.DIED)


def _close_started(started: Future[_Child]) -> None:
    if not started.cancelled() and started.exception() is None:
        started.result().close()


class _Child:
    """A child process that keeps the photo of a tuner, and the two files in memory through which arrays are sent."""

    def __init__(self, photo: Image, plugins: Sequence[tuple[str, str]]) -> None:
        self.inbox, self.outbox = ArrayFile(), ArrayFile()
        self.process = WorkerProcess(
            thread_environment(placement_for(None), None),
            program="toolkit.workers.live_process",
            files=(self.inbox.descriptor, self.outbox.descriptor),
        )
        self._photo: Image | None = None
        self.is_lost = False
        try:
            self.process.ask("plug", timeout_s=_OPEN_S, plugins=plugins)
            self.take(photo)
        except BaseException:
            self.close()
            raise

    def answers(self) -> bool:
        """Whether the process answers; to the system, a process that was just killed may still look alive."""
        try:
            self.process.ask("ping", timeout_s=_OPEN_S)
        except WorkerFailed:
            return False
        return True

    def take(self, photo: Image) -> None:
        """Send another photo to the child process, unless the process has this photo already."""
        if photo is not self._photo:
            (place,) = self.inbox.put([photo])
            self.process.ask("take", timeout_s=_OPEN_S, photo=place)
            self._photo = photo

    def render(self, window: tuple[int, int, int, int] | None, **asked: Any) -> Rendered:
        """Ask the child process for a rendered picture; `asked` are the arguments of the process's command `render`."""
        answer = self.process.ask("render", timeout_s=_LONGEST_S, window=window, **asked)
        image = self.outbox.get(**answer.pop("place"))
        return Rendered(image=image, window=window, **answer)

    def close(self) -> None:
        with suppress(OSError):
            self.process.close()
        for one in (self.inbox, self.outbox):
            with suppress(OSError):
                one.close()
