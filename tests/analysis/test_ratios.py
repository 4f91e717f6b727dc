import math

import numpy as np
import pytest

from toolkit.analysis.ratios import parallel_efficiency, ratio_of
from toolkit.analysis.stats import geometric_mean
from toolkit.core.errors import InvalidValue


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
