"""Measure peak memory and use of the graphics cards while a program runs; the figures are None without a card."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from statistics import median
from time import monotonic

from toolkit.machine import nvml

STEADY_S = 2.5
"""The calls after the warm-up must last this many seconds, or `busy_percent` is None.

The driver averages the use of a card over up to a second, so figures of the first second are left out.
"""

_EVERY_S = 0.005  # pause between two readings of the graphics driver's figures, s
_SETTLED_S = 1.0  # seconds of the steady calls whose figures are left out, as they still include earlier work


class GraphicsWatch:
    """Context manager that asks the graphics driver every few milliseconds, from a thread of its own.

    Parameters
    ----------
    pids : collection of int
        Process ids whose GPU memory is measured; the processes hold no GPU memory on entry.
    is_wanted : bool
        Whether to ask the driver; if False, nothing is measured.

    Attributes
    ----------
    is_watching : bool
        Whether the driver reports the memory of at least one card.
    """

    def __init__(self, pids: Collection[int] = (), *, is_wanted: bool = True) -> None:
        self._is_wanted, self.is_watching = is_wanted, False
        self._pids = pids
        self._own: list[int] = []
        self._grown: list[int] = []
        self._busy: list[tuple[float, int]] = []
        self._steady_since = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> GraphicsWatch:
        before = _sum(card.used_bytes for card in nvml.use()) if self._is_wanted else None
        if before is not None:
            self._before, self.is_watching = before, True
            self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        if self.is_watching:
            self._thread.join()

    def now_steady(self) -> None:
        """Mark the start of the steady calls, from which on `busy_percent` is computed."""
        self.steady_for(0.0)

    def steady_for(self, seconds: float) -> None:
        """Take the last `seconds` as the time of the steady calls, which another process made."""
        self._steady_since = monotonic() - seconds

    @property
    def peak_bytes(self) -> int | None:
        """Largest GPU memory of the processes over all cards, bytes; a peak between two samples is missed.

        If the driver does not report the memory of each process, the value is the growth of all GPU memory since entry.
        """
        return max(self._own or self._grown, default=None)

    @property
    def is_whole_card(self) -> bool:
        """Whether `peak_bytes` is the growth of all memory in use on the cards, other programs included."""
        return bool(self._grown) and not self._own

    @property
    def busy_percent(self) -> int | None:
        """Percent of the time in which the busiest graphics card was computing; median over the steady calls."""
        settled = [busy for at, busy in self._busy if at > self._steady_since + _SETTLED_S]
        return round(median(settled)) if settled else None

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY_S):
            cards = nvml.use(self._pids)
            own, used = _sum(card.own_bytes for card in cards), _sum(card.used_bytes for card in cards)
            if own is not None:
                self._own.append(own)
            if used is not None:
                self._grown.append(used - self._before)
            busy = [card.busy_percent for card in cards if card.busy_percent is not None]
            if busy:
                self._busy.append((monotonic(), max(busy)))


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
