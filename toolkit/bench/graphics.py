"""Memory and use of the graphics cards while something runs; nothing where there is no card."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from types import TracebackType

from toolkit.core.hardware import graphics_use

_EVERY_S = 0.1


class GraphicsWatch:
    """A context manager that asks the driver (NVML, through its own query tool) again and again.

    Attributes
    ----------
    peak_bytes : int or None
        Most memory in use over what was in use before, all cards together; None where no card answers. Other
        programs on the card count too, and a peak between two questions is missed.
    busy_percent : int or None
        Largest busy share that was seen on a card.
    """

    def __init__(self) -> None:
        self.peak_bytes: int | None = None
        self.busy_percent: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> GraphicsWatch:
        self._before = _sum(card["used_bytes"] for card in graphics_use())
        if self._before is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _watch(self) -> None:
        while True:
            cards = graphics_use()
            used = _sum(card["used_bytes"] for card in cards)
            if used is not None and self._before is not None:
                self.peak_bytes = max(self.peak_bytes or 0, used - self._before)
            busy = [card["busy_percent"] for card in cards if card["busy_percent"] is not None]
            if busy:
                self.busy_percent = max(self.busy_percent or 0, *busy)
            if self._stop.wait(_EVERY_S):
                return


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
