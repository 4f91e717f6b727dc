"""Drift of the machine, read from a sentinel: one small fixed workload that is timed again in every round."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.distributions import t_quantile
from toolkit.analysis.stats import FloatArray
from toolkit.core.errors import invalid


@dataclass(frozen=True)
class Drift:
    """How much slower the sentinel became from the first round to the last.

    Attributes
    ----------
    change : float
        As a fraction of its time: 0.05 is 5 % slower at the end; NaN with fewer than four valid rounds.
    low, high : float or None
        Ends of the 95 % interval.
    n_rounds : int
        Valid rounds.
    """

    change: float
    low: float | None
    high: float | None
    n_rounds: int

    @property
    def is_drifting(self) -> bool:
        """Whether the interval leaves no room for a steady machine."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def sentinel_drift(
    elapsed_s: Sequence[float] | FloatArray, sentinel_s: Sequence[float] | FloatArray
) -> Drift:
    """Straight line through the log of the sentinel's time against the clock.

    Parameters
    ----------
    elapsed_s : sequence of float
        When each round's sentinel ran, seconds from any start.
    sentinel_s : sequence of float
        Its median time in that round, seconds; values that are not finite and above 0 are left out.

    Examples
    --------
    >>> drift = sentinel_drift([0, 10, 20, 30, 40], [1.00, 1.012, 1.026, 1.037, 1.05])
    >>> round(drift.change, 2), drift.is_drifting
    (0.05, True)
    """
    t = np.asarray(elapsed_s, dtype=np.float64).reshape(-1)
    y = np.asarray(sentinel_s, dtype=np.float64).reshape(-1)
    if t.size != y.size:
        raise invalid("sentinel_s", "sentinel_drift", "as many values as elapsed_s", (t.size, y.size))
    valid = np.isfinite(t) & np.isfinite(y) & (y > 0)
    t, y = t[valid], np.log(y[valid])
    n = int(t.size)
    if n < 4 or float(np.ptp(t)) == 0:
        return Drift(math.nan, None, None, n)
    centred = t - t.mean()
    sum_squares = float((centred**2).sum())
    slope = float((centred * y).sum()) / sum_squares
    residual = y - y.mean() - slope * centred
    error = math.sqrt(float((residual**2).sum()) / (n - 2) / sum_squares)
    half, span = t_quantile(0.975, n - 2) * error, float(np.ptp(t))
    change, low, high = (math.expm1(span * s) for s in (slope, slope - half, slope + half))
    return Drift(change, low, high, n)
