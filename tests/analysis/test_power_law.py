import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from toolkit.analysis.power_law import fit_power_law
from toolkit.core.errors import InvalidValue


def test_the_fit_is_least_squares_on_log_axes():
    mp = np.array([0.5, 1, 2, 4, 12.2])
    latency = 0.1 * mp**1.2 * np.array([1.02, 0.99, 1.01, 0.97, 1.01])
    oracle = scipy_stats.linregress(np.log(mp), np.log(latency))
    half = scipy_stats.t.ppf(0.975, 3) * oracle.stderr
    law = fit_power_law(mp, latency)
    assert law.exponent == pytest.approx(oracle.slope)
    assert law.coefficient_s == pytest.approx(math.exp(oracle.intercept))
    assert (law.low, law.high) == pytest.approx((oracle.slope - half, oracle.slope + half))
    assert law.line.n == 5


def test_intervals_cover_the_exponent_and_a_further_size_at_their_confidence():
    rng = np.random.default_rng(4)
    mp = np.array([0.5, 1, 2, 4, 12.2])
    covered = predicted = 0
    for _ in range(1000):
        law = fit_power_law(mp, 0.1 * mp * np.exp(rng.normal(0, 0.05, 5)))
        covered += law.low <= 1 <= law.high
        _, low, high = law.predict([24.0])
        predicted += low[0] <= 0.1 * 24 * math.exp(rng.normal(0, 0.05)) <= high[0]
    assert 0.93 <= covered / 1000 <= 0.97
    assert 0.93 <= predicted / 1000 <= 0.97


def test_failed_rows_are_left_out_and_four_sizes_are_needed():
    assert fit_power_law([1, 2, 4, 8], [1, 2, 4, math.nan]) is None
    assert fit_power_law([1, 1, 2, 4], [1, 1, 2, 4]) is None
    assert fit_power_law([1, 2, 4, 8, 16], [1, 2, 4, 8, math.nan]).exponent == pytest.approx(1)


def test_lengths_must_agree():
    with pytest.raises(InvalidValue, match="as many values"):
        fit_power_law([1, 2], [1])
