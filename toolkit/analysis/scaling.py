"""How cost grows: latency against picture size, throughput against workers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.distributions import t_quantile
from toolkit.analysis.stats import MIN_PROCESSES, Estimate, FloatArray
from toolkit.core.errors import invalid

MIN_SIZES = 4
"""A power law has two parameters; with four sizes two degrees of freedom are left to show that it fits badly."""


@dataclass(frozen=True)
class PowerLaw:
    """``latency = coefficient_s * megapixels ** exponent``, fitted by least squares on log axes.

    Attributes
    ----------
    exponent, low, high : float
        Slope on log axes and the ends of its band: 1 is linear in the pixels.
    coefficient_s : float
        Fitted seconds at one megapixel.
    n_sizes : int
        Points in the fit.
    level : float
        Confidence of the band.
    residual_sd : float
        Standard deviation of log latency about the line: 0.05 is about 5 % off it.
    mean_log_mp, sum_squares : float
        Centre and spread of log megapixels, from which a prediction band widens.
    """

    exponent: float
    low: float
    high: float
    coefficient_s: float
    n_sizes: int
    level: float
    residual_sd: float
    mean_log_mp: float
    sum_squares: float

    def predict(self, megapixels: Sequence[float] | FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Latency of other sizes with the band in which one further size is expected.

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
        centre = math.log(self.coefficient_s) + self.exponent * x
        widening = np.sqrt(1 + 1 / self.n_sizes + (x - self.mean_log_mp) ** 2 / self.sum_squares)
        half = t_quantile((1 + self.level) / 2, self.n_sizes - 2) * self.residual_sd * widening
        return np.exp(centre), np.exp(centre - half), np.exp(centre + half)


def fit_power_law(
    megapixels: Sequence[float] | FloatArray, latency_s: Sequence[float] | FloatArray, *, level: float = 0.95
) -> PowerLaw | None:
    """Fit latency against picture size on log axes.

    One latency for each size: blocks of one size share that size's misfit, so they are not further evidence about
    the slope. Points that are not finite numbers above 0 (failed rows) are left out.

    Parameters
    ----------
    megapixels, latency_s : sequence of float
        Shape ``(sizes,)`` each.
    level : float
        Confidence of the band, in (0, 1).

    Returns
    -------
    PowerLaw or None
        None with fewer than four different valid sizes: print n/a.

    Examples
    --------
    >>> law = fit_power_law([0.5, 1, 2, 4], [0.05, 0.1, 0.2, 0.4])
    >>> round(law.exponent, 6), round(law.coefficient_s, 6)
    (1.0, 0.1)
    >>> fit_power_law([0.5, 1, 2], [0.05, 0.1, 0.2]) is None
    True
    """
    x, y = _valid_logs(megapixels, latency_s)
    if np.unique(x).size < MIN_SIZES:
        return None
    n = x.size
    mean_x = float(x.mean())
    sum_squares = float(((x - mean_x) ** 2).sum())
    slope = float(((x - mean_x) * (y - y.mean())).sum()) / sum_squares
    intercept = float(y.mean()) - slope * mean_x
    residual_sd = math.sqrt(float(((y - intercept - slope * x) ** 2).sum()) / (n - 2))
    half = t_quantile((1 + level) / 2, n - 2) * residual_sd / math.sqrt(sum_squares)
    return PowerLaw(
        exponent=slope,
        low=slope - half,
        high=slope + half,
        coefficient_s=math.exp(intercept),
        n_sizes=n,
        level=level,
        residual_sd=residual_sd,
        mean_log_mp=mean_x,
        sum_squares=sum_squares,
    )


def log_log_slope(x: Sequence[float] | FloatArray, y: Sequence[float] | FloatArray) -> float:
    """Slope of log y against log x by least squares, without a band; NaN with fewer than two different valid points.

    Examples
    --------
    >>> round(log_log_slope([1, 2], [3, 12]), 6)
    2.0
    """
    log_x, log_y = _valid_logs(x, y)
    if np.unique(log_x).size < 2:
        return math.nan
    centred = log_x - log_x.mean()
    return float((centred * log_y).sum() / (centred**2).sum())


def ratio_of(numerator: Estimate, denominator: Estimate) -> Estimate:
    """Ratio of two independent estimates, with the interval of Welch (1947) on log values.

    Returns
    -------
    Estimate
        Without interval when either has none. ``n_processes`` is the smaller, ``n_samples`` the sum.

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
        return Estimate(value, None, None, n, n_samples, numerator.level)
    half = 0.0
    if a > 0 or b > 0:
        degrees = (a**2 + b**2) ** 2 / (
            a**4 / (numerator.n_processes - 1) + b**4 / (denominator.n_processes - 1)
        )
        half = t_quantile((1 + numerator.level) / 2, degrees) * math.hypot(a, b)
    return Estimate(value, value * math.exp(-half), value * math.exp(half), n, n_samples, numerator.level)


def parallel_efficiency(one: Estimate, many: Estimate, *, workers: int) -> Estimate:
    """Throughput of ``workers`` workers over that many times the throughput of one: 1.0 is perfect scaling.

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


def _valid_logs(
    x: Sequence[float] | FloatArray, y: Sequence[float] | FloatArray
) -> tuple[FloatArray, FloatArray]:
    xs, ys = np.asarray(x, dtype=np.float64).reshape(-1), np.asarray(y, dtype=np.float64).reshape(-1)
    if xs.size != ys.size:
        raise invalid("points", "fit", "as many sizes as values", (xs.size, ys.size))
    valid = np.isfinite(xs) & np.isfinite(ys) & (xs > 0) & (ys > 0)
    return np.log(xs[valid]), np.log(ys[valid])
