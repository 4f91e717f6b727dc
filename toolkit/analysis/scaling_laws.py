"""Throughput over workers by Amdahl's law and the Universal Scalability Law (USL), with bootstrap bands.

Amdahl's law and the USL are one formula (Amdahl, 1967; Gunther, *Guerrilla Capacity Planning*, 2007)::

    throughput(n) = one * n / (1 + sigma * (n - 1) + kappa * n * (n - 1))

``sigma`` is the share of the work that only one worker at a time can do (contention), ``kappa`` the cost of keeping the
workers consistent, pair by pair (coherency); ``kappa`` is 0 in Amdahl's law. ``n / throughput`` is linear in 1,
``n - 1`` and ``n * (n - 1)``, so a fit is a non-negative least-squares problem: sigma and kappa are never negative. The
fit uses relative errors: an error of 3 % at one worker counts as much as an error of 3 % at 64 workers.

``make bench-scaling`` measures how often the bands contain the true throughput: 92 to 97 % on tables of 8 points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.distributions import t_quantile
from toolkit.analysis.stats import LEVEL, Estimate, FloatArray
from toolkit.core import units
from toolkit.core.errors import invalid

REPLICATES = 500
"""Number of bootstrap samples of a fit: the ends of a 95 % interval are the 13th smallest and 13th largest sample."""
MIN_COUNTS_FOR_PEAK = 4
"""Fewest worker counts that show a peak: the USL has three parameters, and one more count shows whether it fits."""
_TAILS_PERCENT = (50 * (1 - LEVEL), 50 * (1 + LEVEL))
_SEED = 0


@dataclass(frozen=True)
class Bounded:
    """A fitted number with the ends of its 95 % interval; the ends are NaN if the fitted points give no interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class ScalingLaw:
    """A law of throughput over workers.

    Attributes
    ----------
    name : str
        ``"USL"`` where kappa is above 0 with 95 % confidence, otherwise ``"Amdahl"``.
    workers : tuple of int
        Worker counts to which the law was fitted.
    beyond : tuple of int
        Worker counts that the fit leaves out, because their busy threads outnumber the physical cores.
    most_workers : int or None
        Largest number of workers for which each thread has a physical core; None if the number of cores is not known.
    one_ips, sigma, kappa : Bounded
        Throughput of one worker (images/s) and the coefficients sigma and kappa. In Amdahl's law kappa is 0, and its
        interval starts at 0.
    samples : ndarray
        Bootstrap samples of the throughput of one worker, sigma and kappa, shape ``(samples, 3)``; no rows where the
        noise is not known.
    """

    name: str
    workers: tuple[int, ...]
    beyond: tuple[int, ...]
    most_workers: int | None
    one_ips: Bounded
    sigma: Bounded
    kappa: Bounded
    samples: FloatArray

    @property
    def has_band(self) -> bool:
        """Whether the fitted points show how large their noise is, so that fitted numbers have intervals."""
        return len(self.samples) > 0

    def predict(self, workers: Sequence[float] | FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Throughput that the law predicts for worker counts, with the 95 % band of the mean.

        Parameters
        ----------
        workers : sequence of float
            Worker counts, at least 1, shape ``(n,)``.

        Returns
        -------
        rate_ips, low_ips, high_ips : ndarray
            Throughputs and the ends of the band, each of shape ``(n,)``, images/s; the ends are NaN without a band.
        """
        n = np.asarray(workers, dtype=np.float64)
        fitted = np.array([[self.one_ips.value, self.sigma.value, self.kappa.value]])
        middle = _curves(fitted, n)[0]
        if not self.has_band:
            return middle, np.full_like(n, np.nan), np.full_like(n, np.nan)
        low, high = np.percentile(_curves(self.samples, n), _TAILS_PERCENT, axis=0)
        return middle, np.minimum(low, middle), np.maximum(high, middle)

    def is_beyond_cores(self, workers: int) -> bool:
        """Whether the busy threads of `workers` workers outnumber the physical cores, so that the law does not hold."""
        return self.most_workers is not None and workers > self.most_workers

    @property
    def peak(self) -> Bounded:
        """Worker count with the largest throughput; infinite where throughput rises for ever."""
        value = float(_peaks(np.array([[self.sigma.value, self.kappa.value]]))[0])
        if not self.has_band:
            return Bounded(value, math.nan, math.nan)
        # method="nearest" picks one of the samples: interpolating between two infinite samples would give NaN.
        low, high = np.percentile(_peaks(self.samples[:, 1:]), _TAILS_PERCENT, method="nearest")
        return Bounded(value, min(float(low), value), max(float(high), value))

    @property
    def why_no_peak(self) -> str:
        """Reason why the fitted points do not show where throughput peaks; ``""`` if the points show the peak."""
        most, largest = self.most_workers, max(self.workers)
        cores = "" if most is None else f" ({units.workers_text(most)} fit the physical cores)"
        if len(self.workers) < MIN_COUNTS_FOR_PEAK:
            return f"a peak needs {MIN_COUNTS_FOR_PEAK} worker counts, but {len(self.workers)} were fitted{cores}"
        if self.name == "USL" and self.peak.high <= (most or 2 * largest):
            return ""
        if math.isfinite(self.peak.low):
            return f"the peak of throughput is at {self.peak.low:.0f} workers or more{cores}"
        return f"throughput still rises at {units.workers_text(largest)}{cores}"


def fit_scaling_law(
    workers: Sequence[int],
    rates: Sequence[float | Estimate],
    *,
    most_workers: int | None = None,
    replicates: int = REPLICATES,
) -> ScalingLaw | None:
    """Fit Amdahl's law and the USL to one table of throughput over workers, and choose one of the two.

    The noise is the scatter of the points about the USL. Points that are `Estimate`s with intervals give a second
    figure of the noise; the fit uses the larger figure. The bootstrap is parametric: each sample draws the noise level
    from its sampling distribution (so that few points give wide bands, as with Student's t) and fits the law again.

    Parameters
    ----------
    workers : sequence of int
        Different worker counts, at least 1.
    rates : sequence of float or Estimate
        Throughput at each worker count, in images/s or any other unit; points that are not finite numbers above 0 are
        left out.
    most_workers : int, optional
        Largest number of workers for which each thread has a physical core. Larger worker counts are not fitted,
        because workers that share a core follow another law.
    replicates : int
        Number of bootstrap samples of the fit.

    Returns
    -------
    ScalingLaw or None
        The fitted law; None if fewer than two points are valid.

    Examples
    --------
    >>> counts = [1, 2, 4, 8, 16]
    >>> law = fit_scaling_law(counts, [10 * n / (1 + 0.05 * (n - 1)) for n in counts])
    >>> law.name, round(law.sigma.value, 3), law.predict([32])[0].round(1).tolist()
    ('Amdahl', 0.05, [125.5])
    """
    if len(workers) != len(rates):
        raise invalid("rates", "fit_scaling_law", "one throughput for each worker count", len(rates))
    if len(set(workers)) != len(workers) or any(n < 1 for n in workers):
        raise invalid("workers", "fit_scaling_law", "different whole numbers, at least 1", list(workers))
    points = [
        (n, rate if isinstance(rate, Estimate) else Estimate(rate, None, None, 1, 1))
        for n, rate in sorted(zip(workers, rates, strict=True), key=lambda point: point[0])
    ]
    points = [(n, rate) for n, rate in points if math.isfinite(rate.value) and rate.value > 0]
    inside = [(n, rate) for n, rate in points if most_workers is None or n <= most_workers]
    if len(inside) < 2:
        return None
    beyond = tuple(n for n, _ in points[len(inside) :])
    counts, estimates = (tuple(column) for column in zip(*inside, strict=True))
    return _fit(counts, estimates, beyond, most_workers, replicates)


def _fit(
    counts: tuple[int, ...],
    rates: tuple[Estimate, ...],
    beyond: tuple[int, ...],
    most_workers: int | None,
    replicates: int,
) -> ScalingLaw:
    per_rate = np.array(counts, dtype=np.float64) / np.array([rate.value for rate in rates])
    own = _own_noise(rates)
    # Through three points without intervals the USL passes exactly and shows no noise: Amdahl's law gives the band.
    n_terms = 3 if len(counts) > 3 or (own and len(counts) == 3) else 2
    coefficients, design, residuals = _least_squares(counts, per_rate, n_terms)
    noise = _noise(residuals, n_terms, own)
    samples = np.empty((0, 3))
    is_usl = False
    if noise:
        level, degrees = noise
        samples = _bootstrap(design, level, degrees, replicates)
        is_usl = n_terms == 3 and _is_above_zero(coefficients[2], design, level, degrees)
    fitted = coefficients if is_usl else _least_squares(counts, per_rate, 2)[0]
    one, sigma, kappa = (float(value) for value in _parameters(fitted[None])[0])
    ends = np.percentile(samples, _TAILS_PERCENT, axis=0).T if noise else np.full((3, 2), np.nan)

    def bounded(value: float, place: int) -> Bounded:
        low, high = (float(end) for end in ends[place])
        return Bounded(value, min(low, value) if noise else low, max(high, value) if noise else high)

    return ScalingLaw(
        name="USL" if is_usl else "Amdahl",
        workers=counts,
        beyond=beyond,
        most_workers=most_workers,
        one_ips=bounded(one, 0),
        sigma=bounded(sigma, 1),
        kappa=bounded(kappa, 2),
        samples=samples,
    )


def _terms(workers: FloatArray, n_terms: int) -> FloatArray:
    return np.column_stack([np.ones_like(workers), workers - 1, workers * (workers - 1)])[:, :n_terms]


def _least_squares(
    counts: Sequence[int], per_rate: FloatArray, n_terms: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Non-negative coefficients of the law's terms, the terms divided by the fitted values, and the log residuals."""
    from scipy.optimize import nnls

    terms = _terms(np.array(counts, dtype=np.float64), n_terms)
    fitted = per_rate
    for _ in range(4):  # errors are divided by the fitted values, which converge in three iterations
        coefficients = nnls(terms / fitted[:, None], per_rate / fitted)[0]
        fitted = terms @ coefficients
    return coefficients, terms / fitted[:, None], np.log(per_rate / fitted)


def _bootstrap(design: FloatArray, level: float, degrees: float, replicates: int) -> FloatArray:
    """Throughput of one worker, sigma and kappa fitted to simulated tables, each with a noise level of its own."""
    from scipy.optimize import nnls

    random = np.random.default_rng(_SEED)
    levels = level * np.sqrt(degrees / random.chisquare(degrees, replicates))
    noisy = np.exp(levels[:, None] * random.standard_normal((replicates, len(design))))
    return _parameters(np.array([nnls(design, table)[0] for table in noisy]))


def _parameters(coefficients: FloatArray) -> FloatArray:
    """Throughput of one worker, sigma and kappa of each row of fitted coefficients, shape ``(n, 3)``."""
    # A fit to a very noisy sample may give one worker a time of 0, so the time of one worker is kept above 0.
    first = np.maximum(coefficients[:, :1], 1e-6 * coefficients.sum(axis=1, keepdims=True))
    later = np.zeros((len(coefficients), 2))
    later[:, : coefficients.shape[1] - 1] = coefficients[:, 1:] / first
    return np.hstack([1 / first, later])


def _curves(parameters: FloatArray, workers: FloatArray) -> FloatArray:
    """Throughput of each row of parameters at each worker count, shape ``(rows, workers)``."""
    slowdown = np.hstack([np.ones((len(parameters), 1)), parameters[:, 1:]]) @ _terms(workers, 3).T
    return parameters[:, :1] * workers / slowdown


def _peaks(sigma_kappa: FloatArray) -> FloatArray:
    """The worker count with the largest throughput, at least 1: the square root of (1 - sigma) / kappa."""
    sigma, kappa = sigma_kappa.T
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(kappa > 0, np.sqrt(np.maximum(1 - sigma, 0) / kappa), np.where(sigma < 1, np.inf, 1))
    return np.maximum(found, 1.0)


def _own_noise(rates: Sequence[Estimate]) -> tuple[float, float] | None:
    """Relative noise computed from the points' intervals, and its degrees of freedom; None if no point has one."""
    errors = [
        (error, rate.n_processes - 1) for rate in rates if (error := rate.log_standard_error) is not None
    ]
    degrees = sum(freedom for _, freedom in errors)
    if not errors or not degrees:
        return None
    return math.sqrt(sum(freedom * error**2 for error, freedom in errors) / degrees), float(degrees)


def _noise(
    residuals: FloatArray, n_terms: int, own: tuple[float, float] | None
) -> tuple[float, float] | None:
    """The larger noise, of the scatter about the law or of the points' intervals, and its degrees of freedom."""
    degrees = len(residuals) - n_terms
    scatter = math.sqrt(float((residuals**2).sum()) / degrees) if degrees > 0 else 0.0
    if own and (degrees < 1 or own[0] >= scatter):
        return own
    return (scatter, float(degrees)) if degrees > 0 else None


def _is_above_zero(kappa: float, design: FloatArray, level: float, degrees: float) -> bool:
    """Whether the coefficient `kappa` is above 0 with 95 % confidence (one-sided t test)."""
    error = level * math.sqrt(float(np.linalg.inv(design.T @ design)[-1, -1]))
    return kappa > t_quantile(LEVEL, degrees) * error
