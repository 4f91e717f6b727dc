"""A child process that renders one photo with changing parameters, and a spare process that replaces a killed one."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from toolkit.contracts.outcome import Cause
from toolkit.contracts.placed import placement_for
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
    took_s : float
        Duration of the one call, s, without set-up.
    backend : str
    threads : int
    """

    image: Image
    took_s: float
    backend: str
    threads: int


class LiveWorker:
    """A process that renders one photo, and a spare process. One thread may render; any thread may kill or close.

    Parameters
    ----------
    photo : Image
    plugins : sequence of (path, SHA-256)
        Plug-in files that the processes load.
    """

    def __init__(self, photo: Image, plugins: Sequence[tuple[str, str]] = ()) -> None:
        self._photo, self._plugins = photo, [list(one) for one in plugins]
        self._lock = threading.Lock()
        self._current: _Child | None = None
        # On Linux a child process ends with the thread that started it, so one long-lived thread starts all child
        # processes.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="atelier-live")
        self._spare = self._starter.submit(_Child, self._photo, self._plugins)
        self._is_closed = False

    @property
    def pids(self) -> list[int]:
        """Process ids of the child processes that are alive."""
        with self._lock:
            spare = self._spare.result() if self._spare.done() and not self._spare.exception() else None
            return [one.process.pid for one in (self._current, spare) if one is not None]

    def render(
        self,
        operation: str,
        params: dict[str, Value],
        *,
        backend: str | None,
        threads: int | None,
        side_px: int = 0,
    ) -> Rendered:
        """Run an operation on the photo, shrunk to `side_px` first; 0 leaves the photo as it is.

        Raises
        ------
        AtelierError
            The operation refuses its input or fails; or the child process was killed, and the next call uses the spare
            process.
        """
        child = self._child()
        try:
            answer = child.process.ask(
                "render",
                timeout_s=_LONGEST_S,
                operation=operation,
                params=params,
                backend=backend,
                threads=threads,
                side_px=side_px,
            )
            return Rendered(
                image=child.outbox.get(**answer["place"]),
                took_s=answer["took_s"],
                backend=answer["backend"],
                threads=answer["threads"],
            )
        except WorkerFailed as error:
            if error.cause in (Cause.DIED, Cause.TIMED_OUT):
                with self._lock:
                    self._current = None
                child.close()
            raise

    def kill(self) -> None:
        """Kill the child process that renders; any thread may call this method."""
        with self._lock:
            if self._current is not None:
                self._current.process.kill()

    def close(self) -> None:
        """End both child processes."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            current, self._current = self._current, None
        self._spare.add_done_callback(_close_started)
        self._starter.shutdown(wait=False)
        if current is not None:
            current.close()

    def _child(self) -> _Child:
        with self._lock:
            if self._current is not None:
                return self._current
        child = self._spare.result()
        with self._lock:
            is_closed = self._is_closed
            if not is_closed:
                self._current = child
                self._spare = self._starter.submit(_Child, self._photo, self._plugins)
        if is_closed:
            raise WorkerFailed("the tuner is closed; make a new tuner with tk.tuner.", Cause.DIED)
        return child


def _close_started(started: Future[_Child]) -> None:
    if not started.cancelled() and started.exception() is None:
        started.result().close()


class _Child:
    """A process that keeps the photo, and the two files through which arrays travel."""

    def __init__(self, photo: Image, plugins: list[list[str]]) -> None:
        self.inbox, self.outbox = ArrayFile(), ArrayFile()
        self.process = WorkerProcess(
            thread_environment(placement_for(None), None),
            program="toolkit.workers.live_process",
            files=(self.inbox.descriptor, self.outbox.descriptor),
        )
        (place,) = self.inbox.put([photo])
        self.process.ask("open", timeout_s=_OPEN_S, plugins=plugins, photo=place)

    def close(self) -> None:
        with suppress(OSError):
            self.process.close()
        for one in (self.inbox, self.outbox):
            with suppress(OSError):
                one.close()
