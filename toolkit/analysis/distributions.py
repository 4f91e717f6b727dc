"""Student's t, the binomial distribution and Welch's degrees of freedom, computed with ``scipy.special``.

SciPy is imported inside functions, so that ``import toolkit`` stays fast. Results are cached, because a comparison
of times needs the same quantiles after every round of measurements.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any


def _special() -> Any:
    from scipy import special

    return special


@lru_cache(maxsize=4096)
def t_quantile(probability: float, degrees: float) -> float:
    """Quantile of Student's t distribution.

    Parameters
    ----------
    probability : float
        Probability of a value below the quantile, in (0, 1).
    degrees : float
        Number of degrees of freedom, above 0, not necessarily whole.

    Examples
    --------
    >>> round(t_quantile(0.975, 5), 3)
    2.571
    """
    return float(_special().stdtrit(degrees, probability))


def t_two_sided_p(statistic: float, degrees: float) -> float:
    """Two-sided p-value: probability that ``|t|`` is at least ``|statistic|`` when there is no effect.

    Parameters
    ----------
    statistic : float
        Estimate divided by its standard error.
    degrees : float
        Number of degrees of freedom, above 0.

    Examples
    --------
    >>> round(t_two_sided_p(2.571, 5), 3)
    0.05
    """
    return float(2.0 * _special().stdtr(degrees, -abs(statistic)))


def welch(*, errors: tuple[float, float], sizes: tuple[int, int]) -> tuple[float, float]:
    """Standard error and degrees of freedom of the difference of two independent means (Welch, 1947).

    Parameters
    ----------
    errors : (float, float)
        Standard error of each mean, in the same unit; the two errors are not both 0.
    sizes : (int, int)
        Number of values from which each mean is computed, at least 2.

    Examples
    --------
    >>> error, degrees = welch(errors=(0.3, 0.4), sizes=(5, 5))
    >>> round(error, 3), round(degrees, 2)
    (0.5, 7.42)
    """
    a, b = errors[0] ** 2, errors[1] ** 2
    return math.sqrt(a + b), (a + b) ** 2 / (a**2 / (sizes[0] - 1) + b**2 / (sizes[1] - 1))


@lru_cache(maxsize=4096)
def binomial_at_most(successes: int, trials: int, probability: float) -> float:
    """Binomial distribution function: probability of at most ``successes`` in ``trials`` independent tries.

    Parameters
    ----------
    successes, trials : int
        Largest number of successes, and number of tries.
    probability : float
        Probability of one success, 0 to 1.

    Examples
    --------
    >>> binomial_at_most(0, 2, 0.5)
    0.25
    """
    if successes < 0:
        return 0.0
    if successes >= trials:
        return 1.0
    return float(_special().bdtr(float(successes), trials, probability))


def upper_rate_bound(wrong: int, total: int) -> float:
    """One-sided 95 % upper confidence bound of a rate (Clopper and Pearson, 1934).

    Parameters
    ----------
    wrong, total : int
        Number of events and number of tries, ``0 <= wrong <= total`` and ``total >= 1``.

    Examples
    --------
    >>> round(upper_rate_bound(0, 59), 3)
    0.05
    """
    if wrong >= total:
        return 1.0
    return float(_special().betaincinv(wrong + 1, total - wrong, 0.95))
