"""Find the highest rate at which a service keeps a latency limit: double the rate until it fails, then bisect."""

from __future__ import annotations

import math
from collections.abc import Callable

from toolkit.contracts.load_test import LoadTest, Slo
from toolkit.results.rows.load_capacity import Capacity, capacity_of

PRECISION = 1.04
_MOST_TESTS = 20
ENOUGH = 150
"""Number of requests that a test needs for a confidence interval of the p95 with both ends."""


def capacity_search(
    measure: Callable[[float, float], LoadTest],
    slo: Slo,
    *,
    first_per_s: float,
    duration_s: float,
    precision: float = PRECISION,
    requests: int = ENOUGH,
) -> Capacity:
    """Find the highest rate at which a service meets an objective.

    Parameters
    ----------
    measure : callable
        A function that runs one test; its arguments are the rate, 1/s, and the duration, s.
    slo : Slo
        The objective: a percentile of latency and its limit.
    first_per_s : float
        The first rate to test, 1/s.
    duration_s : float
        Duration of each test, s; a test at a low rate lasts longer, until it has `requests` requests.
    precision : float
        The search ends when the lowest rate that fails the objective, divided by the highest rate that meets the
        objective, is at most this number.
    requests : int
        Least number of requests of each test.

    Notes
    -----
    Every test draws its schedule from the same seed, so a higher rate is the same schedule in less time, and
    tests at two rates differ only in the rate.
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
