import numpy as np
import pytest
from scipy import stats as scipy_stats

from toolkit.analysis.distributions import (
    binomial_at_most,
    t_quantile,
    t_two_sided_p,
    upper_rate_bound,
    welch,
)


def test_students_t_agrees_with_scipy():
    for degrees in (1.0, 4.5, 30.0):
        assert t_quantile(0.975, degrees) == pytest.approx(scipy_stats.t.ppf(0.975, degrees))
        assert t_two_sided_p(-1.7, degrees) == pytest.approx(2 * scipy_stats.t.sf(1.7, degrees))


def test_welch_agrees_with_scipy():
    a, b = np.array([1.0, 1.2, 0.9, 1.1]), np.array([1.3, 1.9, 1.1, 1.6, 1.5, 1.0])
    oracle = scipy_stats.ttest_ind(b, a, equal_var=False)
    errors = tuple(side.std(ddof=1) / np.sqrt(side.size) for side in (a, b))
    error, degrees = welch(errors=errors, sizes=(a.size, b.size))
    assert degrees == pytest.approx(oracle.df)
    assert (b.mean() - a.mean()) / error == pytest.approx(oracle.statistic)


def test_the_binomial_and_its_bound_agree_with_scipy():
    assert binomial_at_most(3, 10, 0.2) == pytest.approx(scipy_stats.binom.cdf(3, 10, 0.2))
    assert (binomial_at_most(-1, 10, 0.2), binomial_at_most(10, 10, 0.2)) == (0.0, 1.0)
    oracle = scipy_stats.binomtest(3, 50, alternative="less").proportion_ci(0.95, method="exact")
    assert upper_rate_bound(3, 50) == pytest.approx(oracle.high)
    assert upper_rate_bound(5, 5) == 1.0
