"""The final of a search: who leaves, who wins, and when it is over."""

from __future__ import annotations

import math

import numpy as np
import pytest

from toolkit.analysis.verdict import Outcome
from toolkit.studies.tune.race import LEAST_ROUNDS, MOST_ROUNDS, USUAL_ROUNDS, Race


def _run(race: Race, times: dict[int, float], *, noise: float, seed: int = 1, suspect: bool = False) -> int:
    draw, blocks = np.random.default_rng(seed), 0
    while (turn := race.next_arm()) is not None:
        arm, _ = turn
        race.ran(arm, times[arm] * math.exp(draw.normal(0.0, noise)), is_suspect=suspect)
        blocks += 1
    return blocks


def test_a_clear_winner_is_named_and_slow_arms_leave_early() -> None:
    race = Race([0, 1, 2], seed=1)
    blocks = _run(race, {0: 1.0, 1: 2.0, 2: 1.2}, noise=0.01)
    assert race.leader() == 0
    assert race.verdict(2, 0).outcome in (Outcome.SLOWER, Outcome.CANT_TELL)
    assert len(race.values(1)) == 1
    assert blocks < 3 * LEAST_ROUNDS
    assert race.is_settled(1, 0)
    assert race.is_settled(2, 0)


@pytest.mark.parametrize("seed", range(5))
def test_equal_arms_are_level(seed: int) -> None:
    race = Race([0, 1], seed=seed)
    _run(race, {0: 1.0, 1: 1.0}, noise=0.01, seed=seed)
    leader = race.leader()
    assert leader is not None
    assert race.is_level(1 - leader, leader)
    assert race.is_settled(1 - leader, leader)
    assert race.n_rounds <= USUAL_ROUNDS


def test_in_every_round_each_arm_runs_once_and_odd_rounds_are_reversed() -> None:
    race, rounds = Race([3, 4, 5], seed=2), []
    while (turn := race.next_arm()) is not None and turn[1] < 2:
        rounds.append(turn[0])
        race.ran(turn[0], 1.0 + 0.001 * len(rounds))
    assert rounds[3:] == rounds[2::-1]
    assert sorted(rounds[:3]) == [3, 4, 5]


def test_an_arm_that_is_kept_runs_for_a_verdict_however_slow_it_is() -> None:
    race = Race([0, 1, 9], keeps=[9], seed=1)
    _run(race, {0: 1.0, 1: 1.01, 9: 5.0}, noise=0.01)
    verdict = race.verdict(9, 0)
    assert verdict.n_rounds >= LEAST_ROUNDS
    assert verdict.low is not None
    assert verdict.low < 5.0 < verdict.high


def test_arms_of_a_busy_machine_are_level() -> None:
    race = Race([0, 1], seed=1)
    _run(race, {0: 1.0, 1: 1.1}, noise=0.02, suspect=True)
    assert race.is_level(1, 0)
    assert not race.is_settled(1, 0)
    assert race.verdict(1, 0).is_disturbed
    assert race.n_rounds == USUAL_ROUNDS


def test_an_arm_that_takes_far_longer_in_every_round_is_settled_on_a_busy_machine() -> None:
    race = Race([0, 1], seed=1)
    _run(race, {0: 1.0, 1: 3.0}, noise=0.05, suspect=True)
    assert race.is_settled(1, 0)
    assert not race.is_level(1, 0)


def test_disturbed_rounds_do_not_count_beside_undisturbed_rounds() -> None:
    race, draw = Race([0, 1], seed=1), np.random.default_rng(1)
    while (turn := race.next_arm()) is not None:
        arm, number = turn
        is_disturbed = number % 2 == 0  # the faster arm suffers most
        slower = 1.5 if is_disturbed and arm == 0 else 1.0
        time_s = {0: 1.0, 1: 1.1}[arm] * slower * math.exp(draw.normal(0.0, 0.01))
        race.ran(arm, time_s, is_suspect=is_disturbed)
    assert race.leader() == 0
    assert 1.05 < race.verdict(1, 0).ratio < 1.15
    assert race.is_settled(1, 0)
    assert not race.is_level(1, 0)


def test_arms_whose_times_vary_too_much_are_not_settled() -> None:
    race = Race([0, 1], seed=1)
    while (turn := race.next_arm()) is not None:
        arm, number = turn
        time_s = 1.0 if arm == 0 else (1.25, 0.8)[number % 2]
        race.ran(arm, time_s * (1 + 0.001 * number))
    assert race.n_rounds == MOST_ROUNDS
    assert not race.is_settled(1, 0)


def test_one_block_that_takes_half_as_long_again_does_not_remove_an_arm() -> None:
    race, draw = Race([0, 1], seed=1), np.random.default_rng(2)
    while (turn := race.next_arm()) is not None:
        arm, number = turn
        slower = 1.5 if (arm, number) == (1, 0) else 1.0
        race.ran(arm, slower * math.exp(draw.normal(0.0, 0.01)))
    assert len(race.values(1)) > LEAST_ROUNDS
    assert race.is_level(1, 0) or race.is_level(0, 1)


def test_an_arm_that_fails_is_out() -> None:
    race = Race([0, 1], seed=1)
    while (turn := race.next_arm()) is not None:
        race.ran(turn[0], math.nan if turn[0] == 0 else 1.0)
    assert race.leader() == 1
    assert not race.values_known(0)


@pytest.mark.parametrize("seed", range(4))
def test_a_round_that_was_cut_short_does_not_make_a_slow_arm_the_leader(seed: int) -> None:
    race = Race([0, 1], seed=seed)
    times = {0: 1.0, 1: 1.3}
    while (turn := race.next_arm()) is not None:
        arm, number = turn
        if number == 1 and arm == 0:
            break  # the time ended before the fast arm had its second round
        race.ran(arm, times[arm])
    assert race.leader() == 0
