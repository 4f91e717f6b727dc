import math

import numpy as np
import pytest

from toolkit.analysis.design import Comparison, Stopped, Turn
from toolkit.analysis.verdict import Outcome
from toolkit.core.errors import InvalidValue


def drive(
    comparison: Comparison,
    *,
    factors: dict[str, float],
    spread: float = 0.01,
    process_s: float = 0.5,
    iteration_s: float = 0.02,
    warm_up: int = 0,
    seed: int = 0,
) -> list[Turn]:
    """Run a comparison on simulated blocks to its end; the turns that were taken."""
    rng = np.random.default_rng(seed)
    turns = []
    while (turn := comparison.next_turn()) is not None:
        level = iteration_s * factors[turn.configuration] * math.exp(rng.normal(0, spread))
        samples = level * np.exp(rng.normal(0, 0.01, turn.iterations))
        samples[:warm_up] *= 1.5
        kept = max(1, int((np.cumsum(samples) <= turn.limit_s).sum()))
        comparison.record(turn, samples[:kept], cost_s=process_s + float(samples[:kept].sum()))
        turns.append(turn)
    return turns


def test_every_round_holds_every_configuration_and_is_mirrored_by_the_next():
    names = ["a", "b", "c", "d"]
    turns = drive(Comparison(names, seed=1), factors=dict.fromkeys(names, 1.0), spread=0.1)
    rounds = [
        [t.configuration for t in turns if t.round_index == i] for i in range(turns[-1].round_index + 1)
    ]
    assert len(rounds) >= 6
    assert all(sorted(order) == names for order in rounds)
    assert all(first == second[::-1] for first, second in zip(rounds[::2], rounds[1::2], strict=False))
    assert len({tuple(order) for order in rounds}) > 2


def test_a_calm_machine_ends_after_the_minimum_of_rounds():
    comparison = Comparison(["a", "b"], seed=2)
    drive(comparison, factors={"a": 1, "b": 1.2}, spread=0.001)
    assert comparison.n_rounds == 6
    assert comparison.stopped is Stopped.PRECISE
    assert comparison.verdict().outcome is Outcome.SLOWER
    assert comparison.estimate("b").value == pytest.approx(0.024, rel=0.01)
    assert comparison.verdict().more_rounds == 0


@pytest.mark.parametrize(("factor", "outcome"), [(14.0, Outcome.SLOWER), (1 / 14, Outcome.FASTER)])
def test_a_difference_far_beyond_one_and_a_half_times_ends_at_the_third_round(factor, outcome):
    comparison = Comparison(["a", "b"], seed=2)
    drive(comparison, factors={"a": 1, "b": factor}, spread=0.03)
    assert comparison.n_rounds == 3
    assert comparison.stopped is Stopped.FAR
    verdict = comparison.verdict()
    assert verdict.outcome is outcome
    assert verdict.low > 1.5 or verdict.high < 1 / 1.5


def test_a_factor_of_fourteen_is_told_within_fifteen_seconds():
    comparison = Comparison(["a", "b"], seed=2)
    drive(comparison, factors={"a": 1, "b": 1 / 14}, spread=0.03, process_s=1.3, iteration_s=0.42)
    assert comparison.stopped is Stopped.FAR
    assert comparison.spent_s < 15


def test_a_difference_near_one_and_a_half_times_takes_all_rounds():
    comparison = Comparison(["a", "b"], seed=2)
    drive(comparison, factors={"a": 1, "b": 1.5}, spread=0.02)
    assert comparison.n_rounds >= 6


def test_every_candidate_must_be_far_for_an_early_stop():
    comparison = Comparison(["best", "near", "far"], seed=11)
    drive(comparison, factors={"best": 1, "near": 1.001, "far": 14}, spread=0.01)
    assert comparison.n_rounds >= 6


def test_a_noisy_machine_ends_within_its_budget_and_says_what_is_missing():
    comparison = Comparison(["a", "b"], budget_s=30, seed=3)
    drive(comparison, factors={"a": 1, "b": 1.01}, spread=0.1)
    assert comparison.stopped is Stopped.BUDGET
    assert comparison.spent_s <= 30
    verdict = comparison.verdict()
    assert verdict.outcome is Outcome.CANT_TELL
    assert verdict.smallest_effect > 0.05
    assert verdict.more_s == pytest.approx(verdict.more_rounds * comparison.spent_s / comparison.n_rounds)


def test_a_slow_operation_takes_fewer_iterations_so_that_the_rounds_fit():
    comparison = Comparison(["a", "b"], seed=4)
    turns = drive(comparison, factors={"a": 1, "b": 2}, spread=0.005, process_s=1.0, iteration_s=1.2)
    assert comparison.n_rounds >= 3
    assert comparison.spent_s <= 60
    assert turns[-1].iterations < turns[0].iterations
    assert comparison.verdict().outcome is Outcome.SLOWER


def test_a_tighter_width_takes_more_rounds():
    taken = []
    for half_width in (0.05, 0.0125):
        comparison = Comparison(["a", "b"], half_width=half_width, seed=5)
        drive(comparison, factors={"a": 1, "b": 1}, spread=0.015)
        taken.append(comparison.n_rounds)
        verdict = comparison.verdict()
        assert math.sqrt(verdict.high / verdict.low) <= 1 + half_width
    assert taken[0] < taken[1]


def test_a_failed_block_ends_the_comparison_undecided():
    comparison = Comparison(["a", "b"], seed=6)
    for _ in range(17):
        turn = comparison.next_turn()
        level = 1.0 if turn.configuration == "a" else 1.3
        comparison.record(turn, [level + 0.001 * turn.round_index] * 5, cost_s=1.0)
        if comparison.n_rounds == 4:
            break
    turn = comparison.next_turn()
    comparison.record(turn, [], cost_s=1.0)
    assert comparison.next_turn() is None
    assert comparison.stopped is Stopped.FAILED
    verdict = comparison.verdict()
    assert verdict.outcome is Outcome.CANT_TELL
    assert "failed" in verdict.reason


def test_an_incomplete_round_does_not_count():
    comparison = Comparison(["a", "b"], seed=7)
    for i in range(9):
        turn = comparison.next_turn()
        comparison.record(turn, [(1 + 0.3 * (turn.configuration == "b")) * (1 + 0.001 * i)] * 3, cost_s=1.0)
    assert comparison.n_rounds == 4
    assert comparison.verdict().n_rounds == 4
    assert comparison.verdict().outcome is Outcome.SLOWER


def test_before_three_rounds_there_is_no_verdict():
    comparison = Comparison(["a", "b"], seed=8)
    assert comparison.verdict().outcome is Outcome.CANT_TELL
    for i in range(4):
        turn = comparison.next_turn()
        comparison.record(turn, [(1 + (turn.configuration == "b")) * (1 + 0.001 * i)], cost_s=1.0)
    assert comparison.verdict().outcome is Outcome.CANT_TELL


def test_identical_times_do_not_count_as_precise():
    comparison = Comparison(["a", "b"], budget_s=20, seed=9)
    while (turn := comparison.next_turn()) is not None:
        comparison.record(turn, [0.01 if turn.configuration == "a" else 0.02] * turn.iterations, cost_s=1.0)
    assert comparison.stopped is Stopped.BUDGET
    assert comparison.verdict().outcome is Outcome.CANT_TELL


def test_the_warm_up_is_shared_and_left_out():
    comparison = Comparison(["a", "b"], seed=10)
    drive(comparison, factors={"a": 1, "b": 1}, spread=0.005, warm_up=4)
    assert 4 <= comparison.warm_up("a").start <= 7
    assert comparison.warm_up("a").start == comparison.warm_up("b").start
    assert comparison.estimate("a").value == pytest.approx(0.02, rel=0.02)


def test_each_candidate_is_compared_with_the_first_configuration():
    comparison = Comparison(["best", "near", "far"], seed=11)
    drive(comparison, factors={"best": 1, "near": 1.001, "far": 1.5}, spread=0.01)
    assert comparison.verdict("far").outcome is Outcome.SLOWER
    assert comparison.verdict("near").outcome is Outcome.CANT_TELL


def test_a_turn_can_be_recorded_once():
    comparison = Comparison(["a", "b"], seed=12)
    turn = comparison.next_turn()
    assert comparison.next_turn() == turn
    comparison.record(turn, [1.0], cost_s=1.0)
    with pytest.raises(InvalidValue, match="next_turn"):
        comparison.record(turn, [1.0], cost_s=1.0)


def test_the_same_seed_gives_the_same_order():
    orders = []
    for seed in (1, 1, 2):
        turns = drive(Comparison(["a", "b", "c"], seed=seed), factors={"a": 1, "b": 1, "c": 1})
        orders.append([t.configuration for t in turns[:18]])
    assert orders[0] == orders[1] != orders[2]


@pytest.mark.parametrize(
    "arguments",
    [
        {"configurations": ["a"]},
        {"configurations": ["a", "a"]},
        {"half_width": 0.0},
        {"half_width": math.nan},
        {"budget_s": -1.0},
        {"budget_s": math.inf},
        {"min_rounds": 2},
    ],
)
def test_bad_arguments_are_refused(arguments):
    with pytest.raises(InvalidValue, match=next(iter(arguments))):
        Comparison(**{"configurations": ["a", "b"], **arguments})
