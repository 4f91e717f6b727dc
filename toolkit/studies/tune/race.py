"""The final of a search: run the most promising cells in turns, until they differ clearly or count as level.

In each round every arm that is still in the race runs once in a fresh process. An arm leaves when it is clearly slower.
`toolkit.analysis.verdict` computes the verdicts, over the rounds that both sides ran.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence

import numpy as np

from toolkit.analysis.distributions import t_quantile
from toolkit.analysis.verdict import DECISION_LEVEL, STOPPING_DEGREES, Outcome, Verdict, compare_medians

LEAST_ROUNDS = 3
MOST_ROUNDS = 9
_MIN_ROUNDS = 6
_HALF_WIDTH = 0.0125
_LEAVES_AT = {1: 1.35, 2: 1.25}
"""Number of rounds: ratio to the leader at which an arm leaves after this number of rounds, before a verdict."""

_LEAVES_WITH_VERDICT = 1.05


class Race:
    """Decides which arm (cell in the final) runs next, which arm leaves, and when the race is over.

    Parameters
    ----------
    arms : sequence of int
        Cells, the most promising first.
    keeps : collection of int
        Arms that stay for `LEAST_ROUNDS` rounds even if they are slow, such as the default.
    seed : int, optional
        Seed of the order within a round.
    """

    def __init__(self, arms: Sequence[int], *, keeps: Collection[int] = (), seed: int | None = None) -> None:
        self.arms = list(dict.fromkeys(arms))
        self._keeps = set(keeps)
        self._random = random.Random(seed)
        self._logs: dict[int, dict[int, float]] = {arm: {} for arm in self.arms}
        self._suspect: dict[int, int] = dict.fromkeys(self.arms, 0)
        self._in = list(self.arms)
        self._order = list(self.arms)
        self._round = -1
        self._queue: list[int] = []

    @property
    def n_rounds(self) -> int:
        """Number of rounds that have ended."""
        return self._round if self._queue else self._round + 1

    @property
    def is_decidable(self) -> bool:
        """Whether enough rounds have ended for verdicts."""
        return self.n_rounds >= LEAST_ROUNDS

    def next_arm(self) -> tuple[int, int] | None:
        """The arm to run now, and the number of the round; None when the race is over."""
        while not self._queue:
            if self._round >= 0:
                self._sift()
            if not self._in or self._is_over():
                return None
            self._start_round()
        return self._queue[0], self._round

    def ran(self, arm: int, value: float, *, is_suspect: bool = False) -> None:
        """Record the value of the arm that `next_arm` named; a value that is not above 0 removes the arm."""
        self._queue.remove(arm)
        if not (math.isfinite(value) and value > 0):
            self.put_out(arm)
            return
        self._logs[arm][self._round] = math.log(value)
        self._suspect[arm] += is_suspect

    def put_out(self, arm: int) -> None:
        """Remove an arm from the race, because it failed or misses a limit."""
        self._in = [one for one in self._in if one != arm]
        self._queue = [one for one in self._queue if one != arm]
        self._logs[arm] = {}

    def leader(self, among: Collection[int] | None = None) -> int | None:
        """The arm with the smallest mean over the rounds that the remaining arms share; None if no arm remains."""
        named = self.arms if among is None else [arm for arm in self.arms if arm in among]
        rounds = {arm: self._logs[arm].keys() for arm in named if self._logs[arm]}
        if not rounds:
            return None
        # If a round ends early, some arms have one round more than the others.
        longest = max(map(len, rounds.values()))
        level = [arm for arm in rounds if len(rounds[arm]) >= max(1, longest - 1)]
        shared = set.intersection(*(set(rounds[arm]) for arm in level))
        return min(level, key=lambda arm: float(np.mean([self._logs[arm][number] for number in shared])))

    def values(self, arm: int) -> list[float]:
        """The log value of each round that an arm ran."""
        return [self._logs[arm][number] for number in sorted(self._logs[arm])]

    def values_known(self, arm: int) -> bool:
        """Whether an arm ran in the final and has a value."""
        return bool(self._logs.get(arm))

    def is_disturbed(self, arm: int) -> bool:
        """Whether the machine was disturbed in half of an arm's rounds or more."""
        return 2 * self._suspect[arm] >= max(1, len(self._logs[arm]))

    def verdict(self, arm: int, against: int) -> Verdict:
        """The verdict on an arm, with `against` as the baseline: a ratio above 1 means that the arm is slower."""
        shared = sorted(self._logs[arm].keys() & self._logs[against].keys())
        sides = [[self._logs[one][number] for number in shared] for one in (against, arm)]
        is_sequential = len(shared) > LEAST_ROUNDS
        return compare_medians(*sides, paired=True, is_sequential=is_sequential)

    def is_level(self, arm: int, leader: int) -> bool:
        """Whether an arm cannot be told from the leader: no verdict calls it slower, or the machine was busy."""
        verdict = self.verdict(arm, leader)
        if self.is_disturbed(arm) and self.is_disturbed(leader):
            return True
        if verdict.n_rounds < LEAST_ROUNDS:
            return verdict.n_rounds > 0 and verdict.ratio < min(_LEAVES_AT.values())
        # The leader is the best of several arms, so each verdict must hold for as many comparisons (Bonferroni).
        return (
            verdict.outcome is not Outcome.SLOWER or verdict.p_value * (len(self.arms) - 1) > DECISION_LEVEL
        )

    def _start_round(self) -> None:
        self._round += 1
        if self._round % 2 == 0:
            self._order = list(self._in)
            self._random.shuffle(self._order)
        else:
            self._order = [arm for arm in reversed(self._order) if arm in self._in]
        self._queue = list(self._order)

    def _sift(self) -> None:
        """Remove the arms that are clearly slower, at the end of a round."""
        leader = self.leader([arm for arm in self._in if arm not in self._keeps] or self._in)
        if leader is None:
            return
        for arm in list(self._in):
            if arm == leader or (arm in self._keeps and self.n_rounds < LEAST_ROUNDS):
                continue
            if self._leaves(arm, leader):
                self._in.remove(arm)

    def _leaves(self, arm: int, leader: int) -> bool:
        if arm in self._keeps:  # the arm has enough rounds for a verdict, and cannot win in later rounds
            return self.verdict(arm, leader).outcome is Outcome.SLOWER
        verdict, is_calm = (
            self.verdict(arm, leader),
            not (self.is_disturbed(arm) or self.is_disturbed(leader)),
        )
        if verdict.n_rounds < LEAST_ROUNDS:
            return is_calm and verdict.ratio > _LEAVES_AT[max(1, verdict.n_rounds)]
        return is_calm and verdict.outcome is Outcome.SLOWER and verdict.ratio > _LEAVES_WITH_VERDICT

    def _is_over(self) -> bool:
        if self.n_rounds >= MOST_ROUNDS:
            return True
        if self.n_rounds < LEAST_ROUNDS:
            return False
        if len(self._in) == 1:
            return True
        return self.n_rounds >= _MIN_ROUNDS and self._is_precise()

    def _is_precise(self) -> bool:
        """Whether the interval of every remaining arm's ratio is narrow."""
        leader = self.leader(self._in)
        assert leader is not None
        for arm in self._in:
            shared = sorted(self._logs[arm].keys() & self._logs[leader].keys())
            ratios = [self._logs[arm][number] - self._logs[leader][number] for number in shared]
            if arm != leader and len(shared) > 2:
                error = float(np.std(ratios, ddof=1)) / math.sqrt(len(shared))
                if t_quantile(0.975, len(shared) - 1 - STOPPING_DEGREES) * error > math.log1p(_HALF_WIDTH):
                    return False
        return True
