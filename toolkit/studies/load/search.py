"""The highest rate at which a service holds an objective: double the rate until it breaks, then halve the interval."""

from __future__ import annotations

import math
from collections.abc import Callable

from toolkit.contracts.load_test import LoadTest, Slo
from toolkit.results.rows.load_capacity import Capacity, capacity_of

PRECISION = 1.04
_MOST_TESTS = 20
ENOUGH = 150
"""Requests of a test: with so many a p95 has bounds on both sides."""


def capacity_search(
    measure: Callable[[float, float], LoadTest],
    slo: Slo,
    *,
    first_per_s: float,
    duration_s: float,
    precision: float = PRECISION,
    requests: int = ENOUGH,
) -> Capacity:
    """Find the capacity of a service under an objective.

    Parameters
    ----------
    measure : callable
        Makes one test, given its rate a second and its duration in seconds.
    slo : Slo
    first_per_s : float
        The first rate, 1/s.
    duration_s : float
        Of each test; a slow rate gets longer, until there are requests enough.
    precision : float
        The search ends when the lowest broken rate is at most so many times the highest held one.
    requests : int
        Least number of each test.

    Notes
    -----
    Every test draws its schedule from the same seed, so a higher rate is the same schedule in less time, and the
    answers at two rates differ by the rate alone.
    """
    tests: list[LoadTest] = []
    rate = first_per_s
    while True:
        tests.append(measure(rate, max(duration_s, requests / rate)))
        found = capacity_of(tests, slo)
        low, high = found.held_per_s, found.broken_per_s
        is_narrow = low is not None and high is not None and high / low <= precision
        if is_narrow or found.bottleneck or len(tests) == _MOST_TESTS:
            return found
        if high is None:
            rate *= 2
        else:
            rate = high / 2 if low is None else math.sqrt(low * high)
