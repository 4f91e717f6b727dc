"""Memory and use of the graphics cards while something runs; nothing where there is no card."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from statistics import median
from time import monotonic
from types import TracebackType

from toolkit.machine import nvml

STEADY_S = 2.5
"""How long calls must go on for the share that a card was busy: the driver's figure is of up to the last second."""

_EVERY_S = 0.005
_SETTLED_S = 1.0


class GraphicsWatch:
    """A context manager that asks the driver every few milliseconds.

    Parameters
    ----------
    pids : collection of int
        The processes whose memory is meant, before they have taken any.

    Attributes
    ----------
    is_watching : bool
        Whether a card answers.
    peak_bytes : int or None
        Most memory that the processes held, all cards together; where the driver does not tell them apart,
        most memory in use over what was in use before. A peak between two questions is missed.
    is_whole_card : bool
        Whether it is the latter: other programs on the card count too.
    """

    def __init__(self, pids: Collection[int] = ()) -> None:
        self.is_watching = False
        self._pids = pids
        self._own: list[int] = []
        self._grown: list[int] = []
        self._busy: list[tuple[float, int]] = []
        self._steady_since = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> GraphicsWatch:
        before = _sum(card.used_bytes for card in nvml.use())
        if before is not None:
            self._before, self.is_watching = before, True
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self.is_watching:
            self._thread.join()

    def now_steady(self) -> None:
        """From here on the same call is made again and again: what is busy from now on counts."""
        self._steady_since = monotonic()

    @property
    def peak_bytes(self) -> int | None:
        return max(self._own or self._grown, default=None)

    @property
    def is_whole_card(self) -> bool:
        return bool(self._grown) and not self._own

    @property
    def busy_percent(self) -> int | None:
        """Median share, over the steady calls, in which the busiest card computed something."""
        settled = [busy for at, busy in self._busy if at > self._steady_since + _SETTLED_S]
        return round(median(settled)) if settled else None

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY_S):
            cards = nvml.use(self._pids)
            own, used = (_sum(getattr(card, f"{whose}_bytes") for card in cards) for whose in ("own", "used"))
            self._own += [] if own is None else [own]
            self._grown += [] if used is None else [used - self._before]
            busy = [card.busy_percent for card in cards if card.busy_percent is not None]
            self._busy += [(monotonic(), max(busy))] if busy else []


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
