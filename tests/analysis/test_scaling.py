import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from toolkit.analysis.scaling import fit_power_law, parallel_efficiency, ratio_of
from toolkit.analysis.stats import geometric_mean
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


def test_efficiency_interval_covers_the_truth():
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(1000):
        one = geometric_mean(10 * np.exp(rng.normal(0, 0.02, 5)))
        two = geometric_mean(17 * np.exp(rng.normal(0, 0.05, 5)))
        efficiency = parallel_efficiency(one, two, workers=2)
        hits += efficiency.low <= 0.85 <= efficiency.high
    assert 0.93 <= hits / 1000 <= 0.97


def test_a_ratio_has_no_interval_when_one_side_has_none():
    ratio = ratio_of(geometric_mean([1.0, 1.1]), geometric_mean([2.0, 2.1, 1.9]))
    assert not ratio.has_interval
    assert ratio.value == pytest.approx(math.sqrt(1.1) / (2.0 * 2.1 * 1.9) ** (1 / 3))


def test_workers_must_be_positive():
    with pytest.raises(InvalidValue, match="workers"):
        parallel_efficiency(geometric_mean([1.0]), geometric_mean([1.0]), workers=0)
