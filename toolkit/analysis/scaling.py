"""How latency grows with picture size, how throughput grows with workers, and ratios of measured values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.distributions import t_quantile, welch
from toolkit.analysis.least_squares import Line, fit_line
from toolkit.analysis.stats import LEVEL, MIN_PROCESSES, Estimate, FloatArray
from toolkit.core.errors import invalid

MIN_SIZES = 4
"""Fewest picture sizes for a fit: a power law has two parameters, so two further sizes can show that it fits badly."""


@dataclass(frozen=True)
class PowerLaw:
    """``latency_s = coefficient_s * megapixels ** exponent``, fitted by least squares on log axes.

    Attributes
    ----------
    exponent, low, high : float
        Slope on log axes and its 95 % confidence interval. Exponent 1 means that latency is proportional to the
        number of pixels.
    coefficient_s : float
        Latency of one megapixel on the fitted line, s.
    line : Line
        Log latency (s) over log megapixels.
    """

    exponent: float
    low: float
    high: float
    coefficient_s: float
    line: Line

    def predict(self, megapixels: Sequence[float] | FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Latency of other sizes, with a prediction interval for one further size.

        Parameters
        ----------
        megapixels : sequence of float
            Sizes above 0, shape ``(n,)``.

        Returns
        -------
        latency_s, low_s, high_s : ndarray
            Each of shape ``(n,)``, float64, seconds.
        """
        x = np.log(np.asarray(megapixels, dtype=np.float64))
        centre = self.line.intercept + self.exponent * x
        half = self.line.prediction_half_width(x)
        return np.exp(centre), np.exp(centre - half), np.exp(centre + half)


def fit_power_law(
    megapixels: Sequence[float] | FloatArray, latency_s: Sequence[float] | FloatArray
) -> PowerLaw | None:
    """Fit a power law of latency over picture size: ordinary least squares on log axes.

    Give one latency for each size. Repeated measurements of one size deviate from the line in the same way, so more of
    them would make the interval of the slope too narrow. Points that are not finite numbers above 0 (failed rows)
    are left out.

    Parameters
    ----------
    megapixels, latency_s : sequence of float
        Picture sizes in megapixels and latencies in seconds, shape ``(sizes,)`` each.

    Returns
    -------
    PowerLaw or None
        None with fewer than four different valid sizes.

    Examples
    --------
    >>> law = fit_power_law([0.5, 1, 2, 4], [0.05, 0.1, 0.2, 0.4])
    >>> round(law.exponent, 6), round(law.coefficient_s, 6)
    (1.0, 0.1)
    >>> fit_power_law([0.5, 1, 2], [0.05, 0.1, 0.2]) is None
    True
    """
    sizes, times = (np.asarray(given, dtype=np.float64).reshape(-1) for given in (megapixels, latency_s))
    if sizes.size != times.size:
        raise invalid("latency_s", "fit_power_law", "as many values as megapixels", times.size)
    valid = np.isfinite(sizes) & np.isfinite(times) & (sizes > 0) & (times > 0)
    x, y = np.log(sizes[valid]), np.log(times[valid])
    if np.unique(x).size < MIN_SIZES:
        return None
    line = fit_line(x, y)
    half = line.slope_half_width()
    return PowerLaw(line.slope, line.slope - half, line.slope + half, math.exp(line.intercept), line)


def ratio_of(numerator: Estimate, denominator: Estimate) -> Estimate:
    """Ratio of two independent estimates, with Welch's t interval (1947) on the logs of the values.

    Parameters
    ----------
    numerator, denominator : Estimate
        In the same unit.

    Returns
    -------
    Estimate
        The ratio has no interval if one of the two estimates has no interval. ``n_processes`` is the smaller number of
        the two, ``n_samples`` the sum.

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
        At least 1.

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
