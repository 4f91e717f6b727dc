"""Percentiles with confidence bounds; for a percentile without an upper bound, at most ``>= low`` is shown.

The bounds are binomial bounds of order statistics (Hahn and Meeker, *Statistical Intervals*, 1991). The bounds hold for
every distribution of the latency, if the samples are independent.
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
    """A percentile of measured values, with its confidence bounds.

    Attributes
    ----------
    quantile : float
        Share of the values below the percentile: 0.99 for the p99.
    value : float
        The sample percentile (an order statistic), in the unit of the samples; NaN if there are no samples.
    low, high : float
        One-sided 95 % confidence bounds; -inf and inf where there are too few samples for a bound.
    n_samples : int
        Number of samples from which the percentile was computed.
    claim : {"value", "at least", "n/a"}
        How a table may show the percentile: "value" shows ``value``, because there is an upper bound; "at least" shows
        ``>= low``, because there is only a lower bound; "n/a" shows no number, because there is no bound.
    """

    quantile: float
    value: float
    low: float
    high: float
    n_samples: int
    claim: Literal["value", "at least", "n/a"]


CONFIDENCE = 0.95
"""Confidence of each bound of a percentile, as a probability."""


def samples_needed(quantile: float) -> int:
    """Number of samples from which on the largest sample is a 95 % upper bound of a percentile.

    Parameters
    ----------
    quantile : float
        Share of the values below the percentile, in (0, 1): 0.99 for the p99.

    Examples
    --------
    >>> [samples_needed(quantile) for quantile in (0.99, 0.95, 0.9)]
    [299, 59, 29]
    """
    # All n samples lie below the percentile with probability quantile ** n.
    return math.ceil(math.log(1 - CONFIDENCE) / math.log(quantile))


def percentile(samples: Sequence[float], quantile: float) -> Percentile:
    """A percentile of samples, with the confidence bounds that the number of samples supports.

    Parameters
    ----------
    samples : sequence of float
        Latencies in any unit, one for each request; infinity for a failed request, never NaN.
    quantile : float
        Share of the values below the percentile, in (0, 1): 0.99 for the p99.

    Raises
    ------
    InvalidValue
        A sample is NaN, or `quantile` is not in (0, 1).

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
    if not 0 < quantile < 1:
        raise invalid("quantile", "percentile", "a number between 0 and 1", quantile)
    ordered = np.sort(np.asarray(samples, dtype=np.float64).reshape(-1))
    if bool(np.isnan(ordered).any()):
        raise invalid("samples", "percentile", "free of NaN", "NaN", "Use infinity for a failed request.")
    n = int(ordered.size)
    if n == 0:
        return Percentile(quantile, math.nan, -math.inf, math.inf, 0, "n/a")
    value = float(ordered[max(0, math.ceil(quantile * n) - 1)])
    # The j-th smallest sample is a lower bound with probability P(Binomial(n, q) >= j).
    ranks_down = range(min(n, math.ceil(quantile * n) + 1), 0, -1)
    below = next((j for j in ranks_down if 1 - binomial_at_most(j - 1, n, quantile) >= CONFIDENCE), None)
    # The j-th smallest sample is an upper bound with probability P(Binomial(n, q) <= j - 1).
    ranks_up = range(max(1, math.floor(quantile * n)), n + 1)
    above = next((j for j in ranks_up if binomial_at_most(j - 1, n, quantile) >= CONFIDENCE), None)
    low = -math.inf if below is None else float(ordered[below - 1])
    high = math.inf if above is None else float(ordered[above - 1])
    claim: Literal["value", "at least", "n/a"] = "value" if above else "at least" if below else "n/a"
    return Percentile(quantile, value, low, high, n, claim)
