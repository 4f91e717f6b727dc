"""Wake requests that wait for a job, when a thread has changed the state of this job."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress

from toolkit.jobs.job_news import Change


class Watch:
    """The requests that wait for changes of jobs."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.is_over = False
        """Whether the service is ending, so that no request waits any more."""

    def bind(self) -> None:
        """Remember the running event loop, which wakes the requests."""
        self._loop = asyncio.get_running_loop()

    def tell(self, change: Change) -> None:
        """Wake the requests that wait for a job that has changed; called from any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the event loop is closed
                self._loop.call_soon_threadsafe(self._wake, change.name)

    def end(self) -> None:
        """Wake all requests, and let no request wait from now on."""
        self.is_over = True
        for name in list(self._waiting):
            self._wake(name)

    async def changed(self, name: str, *, longest_s: float) -> None:
        """Wait for the next change of a job, but not longer than `longest_s`."""
        event = asyncio.Event()
        self._waiting[name].add(event)
        try:
            if not self.is_over:
                with suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), longest_s)
        finally:
            self._waiting[name].discard(event)
            if not self._waiting[name]:
                del self._waiting[name]

    def _wake(self, name: str) -> None:
        for event in self._waiting.get(name, ()):
            event.set()
