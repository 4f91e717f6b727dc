import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from toolkit.analysis.stats import estimate, geometric_mean, process_medians


def test_interval_is_students_t_over_log_process_medians():
    rng = np.random.default_rng(0)
    blocks = np.exp(rng.normal(-3, 0.1, (6, 9)))
    logs = np.median(np.log(blocks), axis=1)
    low, high = scipy_stats.t.interval(0.95, 5, loc=logs.mean(), scale=logs.std(ddof=1) / math.sqrt(6))
    answer = estimate(blocks)
    assert answer.value == pytest.approx(math.exp(logs.mean()))
    assert (answer.low, answer.high) == pytest.approx((math.exp(low), math.exp(high)))
    assert (answer.n_processes, answer.n_samples) == (6, 54)
    assert answer.log_standard_error == pytest.approx(logs.std(ddof=1) / math.sqrt(6))


def test_rows_and_lists_give_the_same_answer():
    blocks = np.random.default_rng(1).uniform(1, 2, (4, 5))
    assert estimate(blocks) == estimate([list(row) for row in blocks])


def test_an_outlier_inside_one_process_does_not_move_the_estimate():
    calm = [[1.0, 1.0, 1.0, 1.0, 1.0]] * 3
    with_tail = [[1.0, 1.0, 1.0, 1.0, 900.0]] * 3
    assert estimate(with_tail).value == estimate(calm).value


@pytest.mark.parametrize("processes", [0, 1, 2])
def test_no_interval_below_three_processes(processes):
    answer = estimate([[1.0, 1.1]] * processes)
    assert not answer.has_interval
    assert math.isnan(answer.value) == (processes == 0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, 0.0, -1.0])
def test_an_invalid_sample_makes_the_estimate_nan(bad):
    answer = estimate([[1.0, 1.0], [1.0, bad], [1.0, 1.0], [1.0, 1.0]])
    assert math.isnan(answer.value)
    assert not answer.has_interval


def test_an_empty_process_is_left_out():
    assert process_medians([[1.0], [], [math.e]]).tolist() == pytest.approx([0.0, 1.0])
    assert estimate([[1.0], [], [1.0]]).n_processes == 2


def test_identical_processes_have_an_interval_of_no_width():
    answer = geometric_mean([5.0, 5.0, 5.0])
    assert (answer.low, answer.high) == pytest.approx((5.0, 5.0))
