import math
import statistics

import numpy as np
import pytest
from scipy import stats as scipy_stats

from toolkit.analysis.verdict import SAME_WITHIN, Outcome, compare, compare_medians

RNG = np.random.default_rng(6)
SPREAD = 0.01


def blocks(n: int, *, factor: float = 1.0, sd: float = SPREAD, seed: int = 0) -> list[list[float]]:
    rng = np.random.default_rng(seed)
    return [list(0.1 * factor * np.exp(rng.normal(0, sd) + rng.normal(0, 0.002, 5))) for _ in range(n)]


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize(
    ("factor", "outcome"), [(1.2, Outcome.SLOWER), (0.8, Outcome.FASTER), (1.0, Outcome.CANT_TELL)]
)
def test_the_outcome_is_about_the_candidate(paired, factor, outcome):
    verdict = compare(blocks(6, seed=1), blocks(6, factor=factor, seed=2), paired=paired)
    assert verdict.outcome is outcome
    assert verdict.low <= factor <= verdict.high
    assert verdict.low < verdict.ratio < verdict.high


def test_same_needs_the_whole_interval_within_one_percent():
    calm = compare(blocks(10, sd=0.001, seed=3), blocks(10, sd=0.001, seed=4))
    assert calm.outcome is Outcome.SAME
    assert 1 / (1 + SAME_WITHIN) < calm.low < calm.high < 1 + SAME_WITHIN
    apart = compare(blocks(10, sd=0.001, seed=3), blocks(10, sd=0.001, factor=1.01, seed=4))
    assert apart.outcome is Outcome.SLOWER


def test_the_interval_is_that_of_welch_or_of_the_paired_t_test():
    a, b = blocks(6, seed=5), blocks(6, factor=1.05, seed=6)
    logs = [[statistics.median(map(math.log, block)) for block in side] for side in (a, b)]
    welch = scipy_stats.ttest_ind(logs[1], logs[0], equal_var=False)
    free = compare(a, b)
    assert free.p_value == pytest.approx(welch.pvalue)
    assert np.log([free.low, free.high]) == pytest.approx(tuple(welch.confidence_interval(0.95)))
    paired = scipy_stats.ttest_rel(logs[1], logs[0])
    together = compare(a, b, paired=True)
    assert together.p_value == pytest.approx(paired.pvalue)
    assert np.log([together.low, together.high]) == pytest.approx(tuple(paired.confidence_interval(0.95)))


def test_pairing_cancels_what_a_round_shares():
    shared = RNG.normal(0, 0.2, 8)
    a = shared + RNG.normal(0, 0.003, 8)
    b = shared + RNG.normal(0.05, 0.003, 8)
    assert compare_medians(a, b, paired=True).outcome is Outcome.SLOWER
    assert compare_medians(a, b).outcome is Outcome.CANT_TELL


NEVER = {
    "zero variance of one side": ([[1.0]] * 6, blocks(6, factor=30)),
    "zero variance of both": ([[1.0]] * 6, [[2.0]] * 6),
    "a constant ratio": (blocks(6), [[2 * x for x in block] for block in blocks(6)]),
    "NaN": (blocks(6), [*blocks(5, factor=30), [math.nan]]),
    "infinity": (blocks(6), [*blocks(5, factor=30), [math.inf]]),
    "zero time": (blocks(6), [*blocks(5, factor=30), [0.0]]),
    "negative time": (blocks(6), [*blocks(5, factor=30), [-1.0]]),
    "unequal n": (blocks(6), blocks(5, factor=30)),
    "one sample": ([[1.0]], [[30.0]]),
    "one process of many samples": ([list(np.linspace(1, 1.1, 50))], [list(np.linspace(9, 9.1, 50))]),
    "two processes": (blocks(2), blocks(2, factor=30)),
    "a failed block": (blocks(6), [*blocks(5, factor=30), []]),
    "a failed block in the middle": ([*blocks(3), [], *blocks(2)], blocks(6, factor=30)),
    "nothing at all": ([], []),
    "nothing on one side": ([], blocks(6)),
}


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("case", NEVER, ids=str)
def test_degenerate_evidence_is_never_faster_or_slower(case, paired):
    for a, b in (NEVER[case], NEVER[case][::-1]):
        verdict = compare(a, b, paired=paired)
        if case == "a constant ratio" and not paired:
            assert verdict.outcome is Outcome.SLOWER or verdict.ratio < 1  # unpaired, it is ordinary evidence
            continue
        assert verdict.outcome is Outcome.CANT_TELL
        assert verdict.reason


def test_unequal_numbers_still_show_the_ratio_and_its_interval():
    verdict = compare(blocks(6), blocks(4, factor=2))
    assert verdict.low < 2 < verdict.high
    assert "unequal" in verdict.reason


def test_nine_of_ten_comparisons_detect_the_smallest_effect():
    spread, n = 0.03, 12
    unit = np.repeat([-1.0, 1.0], n // 2) * math.sqrt((n - 1) / n)  # standard deviation 1
    alternating = spread / 2 * np.tile([-1.0, 1.0], n // 2)  # so that neither side is constant
    effect = compare_medians(alternating, alternating + spread * unit, paired=True).smallest_effect
    rng = np.random.default_rng(7)
    seen = 0
    for _ in range(2000):
        a = rng.normal(0, spread / math.sqrt(2), n)
        b = rng.normal(math.log1p(effect), spread / math.sqrt(2), n)
        seen += compare_medians(a, b, paired=True).outcome is Outcome.SLOWER
    assert 0.87 <= seen / 2000 <= 0.93


def test_an_open_verdict_estimates_the_rounds_to_add():
    verdict = compare(blocks(4, sd=0.05, seed=8), blocks(4, sd=0.05, factor=1.02, seed=9), round_cost_s=2.0)
    assert verdict.outcome is Outcome.CANT_TELL
    assert verdict.more_rounds > 4
    assert verdict.more_s == 2.0 * verdict.more_rounds
    decided = compare(blocks(6), blocks(6, factor=3, seed=1))
    assert decided.more_rounds == 0


def test_swapped_sides_give_the_inverse_ratio():
    forward = compare(blocks(6, seed=1), blocks(6, factor=1.3, seed=2))
    backward = compare(blocks(6, factor=1.3, seed=2), blocks(6, seed=1))
    assert backward.outcome is Outcome.FASTER
    assert backward.ratio == pytest.approx(1 / forward.ratio)
    assert backward.low == pytest.approx(1 / forward.high)


def test_a_stopping_rule_widens_the_interval():
    a, b = RNG.normal(0, 0.01, 6), RNG.normal(0, 0.01, 6)
    fixed, sequential = (compare_medians(a, b, paired=True, is_sequential=s) for s in (False, True))
    assert sequential.high / sequential.low > fixed.high / fixed.low
