import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from toolkit.analysis.discovery import contenders, control, survives
from toolkit.analysis.stats import Estimate
from toolkit.analysis.verdict import compare, compare_medians
from toolkit.core.errors import InvalidValue


def test_discoveries_agree_with_scipy():
    p_values = np.random.default_rng(8).uniform(0, 1, 200) ** 3
    oracle = scipy_stats.false_discovery_control(p_values) <= 0.05
    assert survives(p_values) == oracle.tolist()
    assert 0 < sum(oracle) < 200


def test_a_missing_test_is_no_discovery_and_does_not_count():
    assert survives([0.01, math.nan, 0.04]) == [True, False, True]
    assert survives([math.nan]) == [False]
    assert survives([]) == []


def test_a_table_of_identical_code_has_no_winner():
    rng = np.random.default_rng(9)
    alone = tabled = 0
    for _ in range(40):
        verdicts = [
            compare_medians(rng.normal(0, 0.01, 7), rng.normal(0, 0.01, 7), paired=True) for _ in range(50)
        ]
        alone += any(v.outcome.is_difference for v in verdicts)
        tabled += any(v.outcome.is_difference for v in control(verdicts))
    assert alone >= 20  # without control, most tables of 50 name one
    assert tabled <= 6


def test_a_clear_verdict_stays_and_same_is_not_touched():
    def blocks(factor: float, sd: float, seed: int) -> list[list[float]]:
        return [[factor * math.exp(x)] for x in np.random.default_rng(seed).normal(0, sd, 8)]

    slower = compare(blocks(1, 0.01, 1), blocks(1.5, 0.01, 2))
    same = compare(blocks(1, 0.001, 3), blocks(1, 0.001, 4))
    unknown = compare([[1.0]], [[2.0]])
    assert control([slower, same, unknown]) == [slower, same, unknown]
    assert control([]) == []


def estimate(value: float, spread: float | None = 0.05) -> Estimate:
    if spread is None:
        return Estimate(value, None, None, 1, 5)
    return Estimate(value, value * (1 - spread), value * (1 + spread), 5, 25)


def test_a_rival_has_an_interval_that_reaches_the_winners():
    assert contenders([estimate(1.5), estimate(1.0), estimate(1.08), estimate(1.2)]) == [1, 2]


def test_a_row_without_interval_is_a_rival():
    assert contenders([estimate(1.5), estimate(1.0, None), estimate(9.0)]) == [1, 0, 2]
    assert contenders([estimate(9.0, None), estimate(1.0)]) == [1, 0]


def test_failed_rows_are_left_out_and_the_fastest_come_first():
    times = [estimate(math.nan), *(estimate(1 + 0.01 * i) for i in (3, 1, 0, 2))]
    assert contenders(times, limit=3) == [3, 2, 4]
    assert contenders([estimate(math.nan)]) == []
    with pytest.raises(InvalidValue, match="limit"):
        contenders(times, limit=0)
