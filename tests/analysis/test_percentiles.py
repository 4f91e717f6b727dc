import math

import numpy as np
import pytest

from toolkit.analysis.percentiles import percentile, samples_needed
from toolkit.core.errors import InvalidValue


@pytest.mark.parametrize(("quantile", "needed"), [(0.99, 299), (0.95, 59), (0.90, 29)])
def test_samples_needed_follow_the_binomial_bound(quantile, needed):
    assert samples_needed(quantile) == needed


@pytest.mark.parametrize(("quantile", "needed"), [(0.99, 299), (0.95, 59), (0.90, 29)])
def test_a_percentile_is_shown_from_the_needed_number_of_samples_on(quantile, needed):
    short = percentile(range(needed - 1), quantile)
    enough = percentile(range(needed), quantile)
    assert (short.claim, short.high) == ("at least", math.inf)
    assert (enough.claim, enough.high) == ("value", needed - 1)
    assert enough.low <= enough.value <= enough.high


def test_with_473_samples_the_second_largest_is_the_bound():
    assert percentile(range(473), 0.99).high == 471
    assert percentile(range(472), 0.99).high == 471


def test_bounds_cover_the_truth_at_their_confidence():
    rng = np.random.default_rng(3)
    truth = -math.log(0.05)
    answers = [percentile(rng.exponential(size=150), 0.95) for _ in range(1000)]
    assert np.mean([a.high >= truth for a in answers]) >= 0.93
    assert np.mean([a.low <= truth for a in answers]) >= 0.93


def test_a_failed_request_is_infinitely_late():
    answer = percentile([1.0] * 90 + [math.inf] * 10, 0.95)
    assert answer.value == math.inf
    assert answer.claim == "value"


def test_too_few_samples_give_no_percentile():
    assert percentile([], 0.5).claim == "n/a"
    assert percentile([1.0], 0.5).claim == "n/a"


@pytest.mark.parametrize(("samples", "quantile"), [([math.nan], 0.5), ([1.0], 0.0), ([1.0], 1.0)])
def test_bad_input_is_refused(samples, quantile):
    with pytest.raises(InvalidValue):
        percentile(samples, quantile)
