"""Drift of the machine during a measurement, from the sentinel: a small fixed workload timed in every round."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.least_squares import fit_line
from toolkit.analysis.stats import FloatArray
from toolkit.core.errors import invalid


@dataclass(frozen=True)
class Drift:
    """Change, from the first round to the last, of the time that the sentinel (a small fixed workload) takes.

    Attributes
    ----------
    change : float
        Change as a fraction of the time of the small fixed workload (sentinel): 0.05 means 5 % slower in the last
        round than in the first; NaN with fewer than four valid rounds.
    low, high : float or None
        Ends of the 95 % interval of ``change``; None where ``change`` is NaN.
    n_rounds : int
        Number of rounds in which the small fixed workload (sentinel) has a valid time.
    """

    change: float
    low: float | None
    high: float | None
    n_rounds: int

    @property
    def is_drifting(self) -> bool:
        """Whether the interval of the change excludes 0, so that the machine's speed has changed."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def sentinel_drift(
    elapsed_s: Sequence[float] | FloatArray, sentinel_s: Sequence[float] | FloatArray
) -> Drift:
    """The drift of the machine: slope of a line (least squares) through the log times of a small fixed workload.

    Parameters
    ----------
    elapsed_s : sequence of float
        Time at which the small fixed workload (sentinel) ran in each round, in seconds from any fixed moment.
    sentinel_s : sequence of float
        Time that the small fixed workload (sentinel) took in each round, s; values that are not finite or not above 0
        are left out.

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
    line, span_s = fit_line(t, y), float(np.ptp(t))
    half = line.slope_half_width()
    change, low, high = (math.expm1(span_s * s) for s in (line.slope, line.slope - half, line.slope + half))
    return Drift(change, low, high, n)
