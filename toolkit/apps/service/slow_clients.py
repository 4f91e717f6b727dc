"""Close connections whose headers or body do not come: uvicorn has no limit of its own."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PATIENCE_S = 10.0
"""Longest time for the headers, and for the body; a body that comes at `LEAST_RATE_BPS` gets more."""

LEAST_RATE_BPS = 100_000.0
"""Bytes a second of a body that is waited for: 20 MB from a phone may take longer than `PATIENCE_S`."""


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol with time limits for requests."""

    _timer: asyncio.TimerHandle | None = None
    _is_within = False  # a request has begun and is not complete
    _end_s = 0.0

    def connection_made(self, transport: Any) -> None:
        """A client has connected, and has to send headers."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """A part of a request has come."""
        if not self._is_within and self._timer is None:
            self._wait()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """The headers are complete; the body has a limit of its own."""
        self._is_within = True
        self._wait()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body has come, which gives its sender more time."""
        self._end_s += len(body) / LEAST_RATE_BPS
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        self._is_within = False
        self._stop()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._stop()
        self._end_s = self.loop.time() + PATIENCE_S
        self._timer = self.loop.call_at(self._end_s, self._look)

    def _look(self) -> None:
        if self.loop.time() < self._end_s - 0.01:
            self._timer = self.loop.call_at(self._end_s, self._look)
            return
        self._timer = None
        if self.transport is not None and not self.transport.is_closing():
            self.transport.abort()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
