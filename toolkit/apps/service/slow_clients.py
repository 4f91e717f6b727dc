"""Close a connection when a request's headers or body take too long, or when its response was sent before its body.

uvicorn itself sets no time limits for headers and bodies.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PATIENCE_S = 10.0
"""Longest time for a request's headers, and for its body, s; a body at `LEAST_RATE_BPS` or faster gets more time."""

LEAST_RATE_BPS = 100_000.0
"""Slowest rate at which a body may arrive, bytes/s: 20 MB from a phone may take longer than `PATIENCE_S`."""


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol with time limits for requests."""

    _timer: asyncio.TimerHandle | None = None
    _is_within = False  # whether the body of a request is arriving
    _end_s = 0.0

    def connection_made(self, transport: Any) -> None:
        """Start the time limit for the headers of a request, because a client has connected."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Start the time limit for the headers at the first part of a further request."""
        if not self._is_within and self._timer is None:
            self._wait()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Start the time limit for the body of a request, because the headers are complete."""
        self._is_within = True
        self._wait()
        super().on_headers_complete()
        if self.expect_100_continue:
            # A refused client sends no body, and its next request would be read as the body: close the connection.
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Give the client more time for each part of the body that has arrived."""
        self._end_s += len(body) / LEAST_RATE_BPS
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the time limit, because the request is complete; if its response was sent, the connection is now idle."""
        self._is_within = False
        self._stop()
        super().on_message_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def connection_lost(self, exc: Exception | None) -> None:
        """End the time limit, because the connection has ended."""
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
