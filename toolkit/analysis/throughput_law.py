"""A law of throughput over picture size, workers and threads, to predict combinations that were not measured.

The law multiplies a power law of megapixels by the scaling laws of `toolkit.analysis.scaling_laws`::

    throughput = one / (megapixels ** exponent + fixed) * speed_up(workers; sigma, kappa) * speed_up(threads; tau)
    speed_up(n; sigma, kappa) = n / (1 + sigma * (n - 1) + kappa * n * (n - 1))

``fixed`` is the time that does not depend on the size, relative to the size-dependent time of one megapixel. ``tau``
is the share of the work that only one thread can do. The fit is least squares of the logs, so errors are relative;
fixed, sigma, kappa and tau are at least 0. A coefficient is 0 where there are too few points to fit the coefficient:
kappa needs four worker counts, sigma two worker counts, tau two thread counts, fixed four sizes. If all points have one
picture size, the exponent is 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.distributions import t_quantile
from toolkit.analysis.power_law import MIN_SIZES
from toolkit.analysis.scaling_laws import MIN_COUNTS_FOR_PEAK
from toolkit.analysis.stats import LEVEL, FloatArray
from toolkit.core.errors import invalid

Cell = tuple[float, int, int]
"""A combination of settings: megapixels, number of workers, and number of threads of each worker."""

Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]

_NAMES = ("log_one", "exponent", "sigma", "kappa", "tau", "fixed")


@dataclass(frozen=True)
class ThroughputLaw:
    """A fitted law of throughput over megapixels, workers and threads.

    Attributes
    ----------
    one_ips : float
        Throughput of one worker of one thread at 1 MP, without the fixed time, images/s.
    exponent : float
        The size-dependent time is proportional to ``megapixels ** exponent``.
    sigma, kappa, tau, fixed : float
        Coefficients of the law: sigma and kappa for workers, tau for threads, fixed for the time at any picture size.
    residual_sd : float
        Standard deviation of log throughput about the law; NaN if there are no more measurements than coefficients.
    n : int
        Number of measured combinations of settings to which the law was fitted.
    covariance : ndarray
        Covariance of the coefficients divided by `residual_sd` squared, shape ``(6, 6)``; 0 for coefficients that were
        not fitted.
    n_fitted : int
        Number of coefficients of the law that were fitted.
    """

    one_ips: float
    exponent: float
    sigma: float
    kappa: float
    tau: float
    fixed: float
    residual_sd: float
    n: int
    covariance: FloatArray
    n_fitted: int

    def predict(self, cells: Sequence[Cell]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Throughput of combinations of settings, with a 95 % prediction interval for one further measurement of each.

        Parameters
        ----------
        cells : sequence of (megapixels, workers, threads)
            The combinations of settings.

        Returns
        -------
        rate_ips, low_ips, high_ips : ndarray
            Throughputs and the ends of their intervals, images/s, each of shape ``(n,)``; the ends are NaN if
            `residual_sd` is NaN.
        """
        given = np.array(
            [math.log(self.one_ips), self.exponent, self.sigma, self.kappa, self.tau, self.fixed]
        )
        x = np.array(cells, dtype=np.float64).reshape(-1, 3)
        middle, slopes = _log_rate(given, x), _slopes(given, x)
        degrees = self.n - self.n_fitted
        if degrees < 1:
            unknown = np.full(len(x), np.nan)
            return np.exp(middle), unknown, unknown
        spread = np.sqrt(1 + np.einsum("ij,jk,ik->i", slopes, self.covariance, slopes))
        half = t_quantile((1 + LEVEL) / 2, degrees) * self.residual_sd * spread
        return np.exp(middle), np.exp(middle - half), np.exp(middle + half)


def fit_throughput_law(cells: Sequence[Cell], rates_ips: Sequence[float]) -> ThroughputLaw | None:
    """Fit the law to measured combinations of settings in which every thread has a physical core.

    Parameters
    ----------
    cells : sequence of (megapixels, workers, threads)
        The measured combinations of settings.
    rates_ips : sequence of float
        Throughput of each combination of settings, images/s; points that are not finite numbers above 0 are left out.

    Returns
    -------
    ThroughputLaw or None
        The fitted law; None if there are fewer measurements than coefficients.

    Examples
    --------
    >>> cells = [(mp, workers, 1) for mp in (0.5, 1, 2) for workers in (1, 2)]
    >>> law = fit_throughput_law(cells, [20 / mp * workers * 0.95 ** (workers - 1) for mp, workers, _ in cells])
    >>> round(law.exponent, 3), round(law.sigma, 3), law.predict([(4, 2, 1)])[0].round(2).tolist()
    (1.0, 0.053, [9.5])
    """
    if len(cells) != len(rates_ips):
        raise invalid(
            "rates_ips",
            "fit_throughput_law",
            "one throughput for each combination of settings",
            len(rates_ips),
        )
    x, rates = np.array(cells, dtype=np.float64).reshape(-1, 3), np.array(rates_ips, dtype=np.float64)
    valid = np.isfinite(rates) & (rates > 0)
    x, logs = x[valid], np.log(rates[valid])
    is_fitted = _is_shown(x)
    n_fitted = int(is_fitted.sum())
    if len(x) < n_fitted or not len(x):
        return None
    given, covariance, squares = _least_squares(x, logs, is_fitted)
    degrees = len(x) - n_fitted
    residual_sd = math.sqrt(squares / degrees) if degrees > 0 else math.nan
    one, exponent, sigma, kappa, tau, fixed = (float(value) for value in given)
    return ThroughputLaw(
        one_ips=math.exp(one),
        exponent=exponent,
        sigma=sigma,
        kappa=kappa,
        tau=tau,
        fixed=fixed,
        residual_sd=residual_sd,
        n=len(x),
        covariance=covariance,
        n_fitted=n_fitted,
    )


def _least_squares(x: FloatArray, logs: FloatArray, is_fitted: Bools) -> tuple[FloatArray, FloatArray, float]:
    """Fit the coefficients in `is_fitted`; returns all coefficients, their covariance, the sum of squares."""
    from scipy.optimize import least_squares

    start: FloatArray = np.array([float(np.mean(logs + np.log(x[:, 0]))), 1.0, 0.05, 0.001, 0.05, 0.01])
    start[2:] *= is_fitted[2:]
    floor = np.array([-np.inf, -np.inf, 0.0, 0.0, 0.0, 0.0])

    def whole(fitted: FloatArray) -> FloatArray:
        given = start.copy()
        given[is_fitted] = fitted
        return given

    found = least_squares(
        lambda fitted: _log_rate(whole(fitted), x) - logs,
        start[is_fitted],
        jac=lambda fitted: _slopes(whole(fitted), x)[:, is_fitted],
        bounds=(floor[is_fitted], np.inf),
        x_scale="jac",
    )
    covariance = np.zeros((len(_NAMES), len(_NAMES)))
    covariance[np.ix_(is_fitted, is_fitted)] = np.linalg.pinv(found.jac.T @ found.jac)
    return whole(found.x), covariance, 2 * float(found.cost)


def _is_shown(x: FloatArray) -> Bools:
    """For each coefficient of the law, whether there are enough points to fit the coefficient."""
    sizes, workers, threads = (len(np.unique(column)) for column in x.T)
    return np.array(
        [True, sizes > 1, workers > 1, workers >= MIN_COUNTS_FOR_PEAK, threads > 1, sizes >= MIN_SIZES]
    )


def _log_rate(given: FloatArray, x: FloatArray) -> FloatArray:
    one, exponent, sigma, kappa, tau, fixed = given
    megapixels, workers, threads = x.T
    by_workers = np.log(workers / (1 + sigma * (workers - 1) + kappa * workers * (workers - 1)))
    by_threads = np.log(threads / (1 + tau * (threads - 1)))
    return np.asarray(one - np.log(megapixels**exponent + fixed) + by_workers + by_threads, dtype=np.float64)


def _slopes(given: FloatArray, x: FloatArray) -> FloatArray:
    """Derivative of log throughput by each of the six coefficients of the law, shape ``(points, 6)``."""
    _, exponent, sigma, kappa, tau, fixed = given
    megapixels, workers, threads = x.T
    growing = megapixels**exponent
    slowdown = 1 + sigma * (workers - 1) + kappa * workers * (workers - 1)
    columns = (
        np.ones(len(x)),
        -growing * np.log(megapixels) / (growing + fixed),
        -(workers - 1) / slowdown,
        -workers * (workers - 1) / slowdown,
        -(threads - 1) / (1 + tau * (threads - 1)),
        -1 / (growing + fixed),
    )
    return np.column_stack(columns)
