"""The few probability functions that the analysis needs, from ``scipy.special`` (a dependency of scikit-image).

Imported inside functions, so that ``import toolkit`` stays fast, and cached, because a stopping rule asks for the
same quantile again and again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any


def _special() -> Any:
    from scipy import special

    return special


@lru_cache(maxsize=4096)
def t_quantile(probability: float, degrees: float) -> float:
    """Quantile of Student's t.

    Parameters
    ----------
    probability : float
        In (0, 1).
    degrees : float
        Degrees of freedom, above 0, not necessarily whole.

    Examples
    --------
    >>> round(t_quantile(0.975, 5), 3)
    2.571
    """
    return float(_special().stdtrit(degrees, probability))


def t_two_sided_p(statistic: float, degrees: float) -> float:
    """Probability that ``|t|`` is at least ``|statistic|`` when there is no effect.

    Examples
    --------
    >>> round(t_two_sided_p(2.571, 5), 3)
    0.05
    """
    return float(2.0 * _special().stdtr(degrees, -abs(statistic)))


@lru_cache(maxsize=4096)
def binomial_at_most(successes: int, trials: int, probability: float) -> float:
    """Probability of at most ``successes`` in ``trials`` independent tries.

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


def upper_rate_bound(wrong: int, total: int, level: float = 0.95) -> float:
    """One-sided upper bound of a rate (Clopper and Pearson, 1934).

    Parameters
    ----------
    wrong, total : int
        Events seen and tries made, ``0 <= wrong <= total`` and ``total >= 1``.
    level : float
        Confidence in (0, 1).

    Examples
    --------
    >>> round(upper_rate_bound(0, 59), 3)
    0.05
    """
    if wrong >= total:
        return 1.0
    return float(_special().betaincinv(wrong + 1, total - wrong, level))
