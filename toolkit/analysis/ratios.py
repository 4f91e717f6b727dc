"""Ratios of measured values with their intervals: speed-up and parallel efficiency."""

from __future__ import annotations

import math

from toolkit.analysis.distributions import t_quantile, welch
from toolkit.analysis.stats import LEVEL, MIN_PROCESSES, Estimate
from toolkit.core.errors import invalid


def ratio_of(numerator: Estimate, denominator: Estimate) -> Estimate:
    """Ratio of two independent estimates, with Welch's t interval (1947) on the logs of the values.

    Parameters
    ----------
    numerator, denominator : Estimate
        Two estimates in the same unit.

    Returns
    -------
    Estimate
        The ratio has no interval if `numerator` or `denominator` has no interval. ``n_processes`` is the smaller of
        the two numbers of processes, ``n_samples`` the sum of the two numbers of samples.

    Examples
    --------
    >>> from toolkit.analysis.stats import geometric_mean
    >>> r = ratio_of(geometric_mean([2.0, 2.1, 1.9]), geometric_mean([1.0, 1.01, 0.99]))
    >>> round(r.value, 2), r.low < 2 < r.high
    (2.0, True)
    """
    value = numerator.value / denominator.value if denominator.value else math.nan
    n = min(numerator.n_processes, denominator.n_processes)
    n_samples = numerator.n_samples + denominator.n_samples
    a, b = numerator.log_standard_error, denominator.log_standard_error
    if a is None or b is None or n < MIN_PROCESSES:
        return Estimate(value, None, None, n, n_samples)
    half = 0.0
    if a > 0 or b > 0:
        error, degrees = welch(errors=(a, b), sizes=(numerator.n_processes, denominator.n_processes))
        half = t_quantile((1 + LEVEL) / 2, degrees) * error
    return Estimate(value, value * math.exp(-half), value * math.exp(half), n, n_samples)


def parallel_efficiency(one: Estimate, many: Estimate, *, workers: int) -> Estimate:
    """Parallel efficiency: throughput of n workers divided by n times the throughput of one; 1.0 is perfect scaling.

    Parameters
    ----------
    one, many : Estimate
        Throughput of one worker and of ``workers`` workers, in the same unit (images/s or MP/s).
    workers : int
        Number of workers, at least 1.

    Examples
    --------
    >>> from toolkit.analysis.stats import geometric_mean
    >>> e = parallel_efficiency(geometric_mean([10, 10.1, 9.9]), geometric_mean([18, 18.2, 17.8]), workers=2)
    >>> round(e.value, 2)
    0.9
    """
    if workers < 1:
        raise invalid("workers", "parallel_efficiency", "at least 1", workers)
    return ratio_of(many, one).scaled(1 / workers)
