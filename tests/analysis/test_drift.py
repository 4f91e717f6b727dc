import math

import numpy as np
import pytest

from toolkit.analysis.drift import sentinel_drift
from toolkit.core.errors import InvalidValue


def test_planted_drift_is_found_and_its_interval_covers():
    rng = np.random.default_rng(10)
    t = np.arange(12) * 5.0
    answers = [sentinel_drift(t, np.exp(0.05 * t / t[-1] + rng.normal(0, 0.01, 12))) for _ in range(1000)]
    assert 0.93 <= np.mean([a.low <= math.expm1(0.05) <= a.high for a in answers]) <= 0.97
    assert np.mean([a.is_drifting for a in answers]) > 0.9


def test_a_steady_machine_rarely_drifts():
    rng = np.random.default_rng(11)
    answers = [sentinel_drift(range(10), np.exp(rng.normal(0, 0.01, 10))) for _ in range(1000)]
    assert np.mean([a.is_drifting for a in answers]) < 0.07


def test_too_few_rounds_say_nothing():
    answer = sentinel_drift([0, 1, 2, 3], [1.0, 1.1, math.nan, 1.2])
    assert answer.n_rounds == 3
    assert math.isnan(answer.change)
    assert not answer.is_drifting
    assert not sentinel_drift([5, 5, 5, 5], [1.0, 1.1, 1.2, 1.3]).is_drifting
    with pytest.raises(InvalidValue, match="as many values"):
        sentinel_drift([1], [1, 2])
