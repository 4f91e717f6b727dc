"""Percentiles that are only claimed when there are samples enough to claim them.

The bound is the binomial one for order statistics (Hahn and Meeker, *Statistical Intervals*, 1991): it assumes
nothing about the shape of the latency, only that the samples are independent draws of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from toolkit.analysis.distributions import binomial_at_most
from toolkit.core.errors import invalid


@dataclass(frozen=True)
class Percentile:
    """A percentile and how much of it is known.

    Attributes
    ----------
    quantile : float
        0.99 for the p99.
    value : float
        The sample percentile, an order statistic; NaN without samples.
    low, high : float
        One-sided bounds, each at the confidence asked for: -inf and inf where the samples cannot give one.
    n_samples : int
        Samples behind it.
    claim : {"value", "at least", "n/a"}
        "value": both bounds exist, print ``value``. "at least": no upper bound, print ``>= low``. "n/a": print n/a.
    """

    quantile: float
    value: float
    low: float
    high: float
    n_samples: int
    claim: Literal["value", "at least", "n/a"]


def samples_needed(quantile: float, *, confidence: float = 0.95, over: int = 0) -> int:
    """Samples needed to bound a percentile from above when ``over`` of them may lie above the bound.

    Examples
    --------
    >>> [samples_needed(0.99, over=k) for k in (0, 1, 2)]
    [299, 473, 628]
    >>> [samples_needed(0.95, over=k) for k in (0, 1, 2)]
    [59, 93, 124]
    >>> [samples_needed(0.90, over=k) for k in (0, 1, 2)]
    [29, 46, 61]
    """
    _check(quantile, confidence)
    n = over + 1
    while 1 - binomial_at_most(over, n, 1 - quantile) < confidence:
        n += 1
    return n


def percentile(samples: Sequence[float], quantile: float, *, confidence: float = 0.95) -> Percentile:
    """A percentile with the bounds that its number of samples supports.

    Parameters
    ----------
    samples : sequence of float
        Latencies in any unit, one for each request; infinity (a failed request) is allowed, NaN is not.
    quantile : float
        In (0, 1): 0.99 for the p99.
    confidence : float
        Of each bound, in (0.5, 1).

    Returns
    -------
    Percentile

    Raises
    ------
    InvalidValue
        If a sample is NaN or a number is out of its range.

    Examples
    --------
    >>> percentile(range(1, 101), 0.5).claim
    'value'
    >>> p99 = percentile(range(1, 101), 0.99)
    >>> p99.claim, p99.low, p99.high
    ('at least', 97.0, inf)
    >>> percentile([1.0], 0.9).claim
    'n/a'
    """
    _check(quantile, confidence)
    ordered = np.sort(np.asarray(samples, dtype=np.float64).reshape(-1))
    if bool(np.isnan(ordered).any()):
        raise invalid(
            "samples", "percentile", "free of NaN", "NaN", "Count a failed request as infinitely late."
        )
    n = int(ordered.size)
    if n == 0:
        return Percentile(quantile, math.nan, -math.inf, math.inf, 0, "n/a")
    value = float(ordered[max(0, math.ceil(quantile * n) - 1)])
    low, high, bounded_above = -math.inf, math.inf, False
    # The j-th smallest is at or below the percentile unless fewer than j samples are: P(Binomial(n, q) >= j).
    for rank in range(min(n, math.ceil(quantile * n) + 1), 0, -1):
        if 1 - binomial_at_most(rank - 1, n, quantile) >= confidence:
            low = float(ordered[rank - 1])
            break
    # The j-th smallest is at or above it unless j or more samples lie below: P(Binomial(n, q) <= j - 1).
    for rank in range(max(1, math.floor(quantile * n)), n + 1):
        if binomial_at_most(rank - 1, n, quantile) >= confidence:
            high, bounded_above = float(ordered[rank - 1]), True
            break
    claim: Literal["value", "at least", "n/a"]
    claim = "value" if bounded_above else "at least" if low > -math.inf else "n/a"
    return Percentile(quantile, value, low, high, n, claim)


def _check(quantile: float, confidence: float) -> None:
    if not 0 < quantile < 1:
        raise invalid("quantile", "percentile", "a number between 0 and 1", quantile)
    if not 0.5 < confidence < 1:
        raise invalid("confidence", "percentile", "a number between 0.5 and 1", confidence)
