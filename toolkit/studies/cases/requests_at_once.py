"""Find how many requests may arrive at once such that all end within a time limit."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from toolkit.core import units
from toolkit.studies.cases.procedure import Handler


def most_at_once(
    handle: Handler, counts: Sequence[int], *, patience_s: float
) -> tuple[int, dict[str, float]]:
    """The largest number of requests that can arrive at once and all end in time, and the slowest request per number.

    The first request is made alone. If this request takes longer than `patience_s`, the largest number is 0, and no
    more requests are made.

    Parameters
    ----------
    counts : sequence of int
        Numbers of requests to try, in rising order.
    patience_s : float
        Longest allowed time from the arrival of the requests until the last request ends, s.
    """
    first_s = slowest_s(handle, 1)
    if first_s > patience_s:
        return 0, {"1": first_s}
    most, slowest = 0, {}
    for count in counts:
        slowest[str(count)] = slowest_s(handle, count)
        if slowest[str(count)] > patience_s:
            break
        most = count
    return most, slowest


def slowest_s(handle: Handler, count: int) -> float:
    """Seconds from the arrival of several requests at the same time to the end of the last request."""
    arrived = perf_counter()

    def request(_: int) -> float:
        handle()
        return perf_counter() - arrived

    with ThreadPoolExecutor(count) as threads:
        return max(threads.map(request, range(count)))


def at_once_text(slowest: dict[str, float]) -> str:
    """The time of the slowest request by number of requests at once, such as ``1: 933 ms, 2: 1.84 s``."""
    return ", ".join(f"{count}: {units.seconds(seconds)}" for count, seconds in slowest.items())
