"""The highest rate at which a service met an objective, from load tests at several rates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from toolkit.contracts.load_test import LoadTest, Slo
from toolkit.results.rows.load_test import verdict


@dataclass(frozen=True)
class Capacity:
    """The capacity of a service: the highest request rate at which an objective held, with its upper bound.

    Attributes
    ----------
    slo : Slo
        The objective: a percentile of latency and the limit of this percentile.
    tests : tuple of LoadTest
        The load tests in the order in which they were made.
    held_per_s : float or None
        Highest rate at which the objective held, below every rate at which it failed; None if the objective never held.
    broken_per_s : float or None
        Lowest rate at which the objective failed (the upper bound of the capacity); None if the
        objective held at every rate.
    is_sure : bool
        Whether both rates are known, and the confidence bounds of both percentiles exclude the limit.
    bottleneck : str
        Why a load test at a higher rate was invalid; ``""`` if every test was valid.
    """

    slo: Slo
    tests: tuple[LoadTest, ...]
    held_per_s: float | None
    broken_per_s: float | None
    is_sure: bool
    bottleneck: str


def capacity_of(tests: Iterable[LoadTest], slo: Slo) -> Capacity:
    """The capacity from load tests of one service; invalid tests are ignored.

    Examples
    --------
    >>> from toolkit.results.rows.load_test import example_test
    >>> found = capacity_of([example_test()], Slo(0.5, 10.0))
    >>> found.held_per_s, found.broken_per_s, found.is_sure
    (1.0, None, False)
    """
    tests = tuple(tests)
    found = {test.rate_per_s: verdict(test, slo) for test in tests if test.is_valid}
    broken = min((rate for rate, one in found.items() if not one.is_held), default=None)
    held = max(
        (rate for rate, one in found.items() if one.is_held and (broken is None or rate < broken)),
        default=None,
    )
    is_sure = held is not None and broken is not None and found[held].is_sure and found[broken].is_sure
    bottleneck = next((test.bottleneck for test in tests if not test.is_valid), "")
    return Capacity(slo, tests, held, broken, is_sure, bottleneck)
