"""A series of times as a small chart of block characters."""

from __future__ import annotations

from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"
_FAILED = "×"


def sparkline(values: Sequence[float | None], *, width: int = 24) -> str:
    """Draw the newest `width` values as blocks of different heights; a cross stands for None (no right picture).

    Values that differ by less than 4 % do not fill the full height, so that a series without changes is flat.

    >>> sparkline([1.0, 1.0, None, 1.2, 1.2])
    '▁▁×██'
    >>> sparkline([1.0, 1.0, 1.0])
    '▄▄▄'
    """
    shown = list(values)[-width:]
    known = [value for value in shown if value is not None]
    if not known:
        return _FAILED * len(shown)
    low, high = min(known), max(known)
    least = 0.04 * (low + high) / 2
    if high - low < least:
        middle = (low + high) / 2
        low, high = middle - least / 2, middle + least / 2
    last = len(_BLOCKS) - 1
    return "".join(
        _FAILED if value is None else _BLOCKS[min(last, int((value - low) / (high - low) * (last + 0.99)))]
        for value in shown
    )
