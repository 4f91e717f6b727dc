"""Wake requests that wait for a job, when a thread has changed the state of this job."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress

from toolkit.jobs.job import State
from toolkit.jobs.job_news import Change


class Watch:
    """The HTTP requests that wait for changes of jobs."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, dict[asyncio.Event, bool]] = defaultdict(dict)
        self.is_over = False
        """Whether the service is ending, so that no request waits any more."""

    def bind(self) -> None:
        """Remember the running event loop, which wakes the requests."""
        self._loop = asyncio.get_running_loop()

    def tell(self, change: Change) -> None:
        """Wake the requests that wait for a job that has changed; called from any thread."""
        if self._loop is not None:
            is_end = change.state not in (State.QUEUED, State.RUNNING)
            with suppress(RuntimeError):  # the event loop is closed
                self._loop.call_soon_threadsafe(self._wake, change.name, is_end)

    def end(self) -> None:
        """Wake all requests, and let no request wait from now on."""
        self.is_over = True
        for name in list(self._waiting):
            self._wake(name, True)

    async def changed(self, name: str, *, longest_s: float, waits_for_end: bool = False) -> None:
        """Wait for the next change of a job, or for its end, but not longer than `longest_s`."""
        event = asyncio.Event()
        self._waiting[name][event] = waits_for_end
        try:
            if not self.is_over:
                with suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), longest_s)
        finally:
            del self._waiting[name][event]
            if not self._waiting[name]:
                del self._waiting[name]

    def _wake(self, name: str, is_end: bool) -> None:
        for event, waits_for_end in self._waiting.get(name, {}).items():
            if is_end or not waits_for_end:
                event.set()
