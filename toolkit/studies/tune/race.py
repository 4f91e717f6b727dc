"""The final comparison of a search: run the most promising settings in turns until the best settings are known.

The finalists of the final comparison are called arms. In each round every remaining finalist runs once in a fresh
process. A finalist leaves when it is clearly slower. `toolkit.analysis.verdict` compares two finalists over the rounds
that both ran. Rounds in which the machine was disturbed do not count as soon as a finalist has three undisturbed
rounds; with fewer undisturbed rounds, the verdict is CAN'T TELL.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence

import numpy as np

from toolkit.analysis.distributions import t_quantile
from toolkit.analysis.verdict import (
    DECISION_LEVEL,
    SAME_WITHIN,
    STOPPING_DEGREES,
    Outcome,
    Verdict,
    compare_medians,
    disturbed,
)

LEAST_ROUNDS = 3
USUAL_ROUNDS, MOST_ROUNDS = 9, 15
"""Rounds after which the final comparison ends if its winner is certain, and rounds after which it always ends."""

LARGEST_LOSS = 1.05
"""A winner is certain if the 95 % interval of (winner's time / other finalist's time) stays below this ratio."""

_MIN_ROUNDS = 6
_HALF_WIDTH = 0.0125
_LEAVES_AT = {1: 1.6, 2: 1.25}
"""For each number of rounds: the ratio to the leader's time above which a finalist leaves without a verdict.

One block in some hundred takes 1.5 times as long by chance, so no finalist leaves for a single such block.
"""

_LEAVES_WITH_VERDICT = 1.05

_SURELY_SLOWER = 2.0
"""A finalist that takes this many times the leader's time in every round is slower, even on a disturbed machine."""


class Race:
    """Decides which settings (a finalist, or arm) run next, which leave, and when the final comparison is over.

    Parameters
    ----------
    arms : sequence of int
        The finalists: combinations of settings (cells), the most promising first.
    keeps : collection of int
        Finalists that stay for `LEAST_ROUNDS` rounds even if they are slow, such as the default.
    seed : int, optional
        Seed of the random order in which the finalists of a round run.
    """

    def __init__(self, arms: Sequence[int], *, keeps: Collection[int] = (), seed: int | None = None) -> None:
        self.arms = list(dict.fromkeys(arms))
        self._keeps = set(keeps)
        self._random = random.Random(seed)
        self._logs: dict[int, dict[int, float]] = {arm: {} for arm in self.arms}
        self._disturbed: dict[int, set[int]] = {arm: set() for arm in self.arms}
        self._in = list(self.arms)
        self._order = list(self.arms)
        self._round = -1
        self._queue: list[int] = []

    @property
    def n_rounds(self) -> int:
        """Number of rounds of the final comparison that have ended."""
        return self._round if self._queue else self._round + 1

    @property
    def is_decidable(self) -> bool:
        """Whether the final comparison has had enough rounds to give a verdict on each finalist."""
        return self.n_rounds >= LEAST_ROUNDS

    def next_arm(self) -> tuple[int, int] | None:
        """The finalist (settings) that runs next, and its round; None when the final comparison is over."""
        while not self._queue:
            if self._round >= 0:
                self._sift()
            if not self._in or self._is_over():
                return None
            self._start_round()
        return self._queue[0], self._round

    def ran(self, arm: int, value: float, *, is_suspect: bool = False) -> None:
        """Record the value of the finalist that `next_arm` named; a value that is not above 0 removes the finalist."""
        self._queue.remove(arm)
        if not (math.isfinite(value) and value > 0):
            self.put_out(arm)
            return
        self._logs[arm][self._round] = math.log(value)
        if is_suspect:
            self._disturbed[arm].add(self._round)

    def put_out(self, arm: int) -> None:
        """Remove a finalist that failed or misses a limit from the final comparison."""
        self._in = [one for one in self._in if one != arm]
        self._queue = [one for one in self._queue if one != arm]
        self._logs[arm] = {}

    def leader(self, among: Collection[int] | None = None) -> int | None:
        """The finalist with the smallest mean log value over the rounds that all finalists ran; None without a run."""
        named = self.arms if among is None else [arm for arm in self.arms if arm in among]
        rounds = {arm: self._logs[arm].keys() for arm in named if self._logs[arm]}
        if not rounds:
            return None
        # If a round ends early, some finalists have one round more than other finalists.
        longest = max(map(len, rounds.values()))
        level = [arm for arm in rounds if len(rounds[arm]) >= max(1, longest - 1)]
        shared = self._decisive(level)
        return min(level, key=lambda arm: float(np.mean([self._logs[arm][number] for number in shared])))

    def values(self, arm: int) -> list[float]:
        """The log value of each round of a finalist, without disturbed rounds if at least three other rounds remain."""
        return [self._logs[arm][number] for number in self._decisive([arm])]

    def values_known(self, arm: int) -> bool:
        """Whether a finalist has run in the final comparison and has a value."""
        return bool(self._logs.get(arm))

    def has_calm_round(self, arm: int) -> bool:
        """Whether the machine was undisturbed in at least one of the rounds that a finalist ran."""
        return bool(self._calm(self._logs[arm], [arm]))

    def verdict(self, arm: int, against: int) -> Verdict:
        """The verdict on finalist `arm` against finalist `against`: a ratio above 1 means that `arm` is slower."""
        rounds = self._decisive([arm, against])
        sides = [[self._logs[one][number] for number in rounds] for one in (against, arm)]
        verdict = compare_medians(*sides, paired=True, is_sequential=len(rounds) > LEAST_ROUNDS)
        n_calm = len(self._calm(rounds, [arm, against]))
        if n_calm == len(rounds):
            return verdict
        return disturbed(verdict, f"other work disturbed {len(rounds) - n_calm} of {len(rounds)} rounds")

    def is_level(self, arm: int, leader: int) -> bool:
        """Whether a finalist ties with the leader: no verdict says that the finalist is slower by 1 % or more."""
        verdict = self.verdict(arm, leader)
        if verdict.is_disturbed:
            return not self._is_surely_slower(arm, leader)
        if verdict.n_rounds < LEAST_ROUNDS:
            return verdict.n_rounds > 0 and verdict.ratio < min(_LEAVES_AT.values())
        if verdict.low is not None and verdict.low < 1 + SAME_WITHIN:
            return True
        # The leader is the best of several finalists, so each verdict must hold for as many comparisons (Bonferroni).
        return (
            verdict.outcome is not Outcome.SLOWER or verdict.p_value * (len(self.arms) - 1) > DECISION_LEVEL
        )

    def is_settled(self, arm: int, leader: int) -> bool:
        """Whether the rounds show that the leader takes at most `LARGEST_LOSS` times as long as a finalist."""
        verdict = self.verdict(arm, leader)
        if verdict.n_rounds == 0:
            return False
        if verdict.is_disturbed:
            return self._is_surely_slower(arm, leader)
        if verdict.n_rounds < LEAST_ROUNDS:
            return verdict.ratio > _LEAVES_AT[verdict.n_rounds]
        # Values without any spread, such as bytes, have no interval, and their ratio is exact.
        low = verdict.ratio if verdict.low is None else verdict.low
        return low >= 1 / LARGEST_LOSS

    def _is_surely_slower(self, arm: int, leader: int) -> bool:
        shared = self._logs[arm].keys() & self._logs[leader].keys()
        return all(
            self._logs[arm][number] - self._logs[leader][number] > math.log(_SURELY_SLOWER)
            for number in shared
        )

    def _decisive(self, arms: Collection[int]) -> list[int]:
        """The rounds that all of `arms` ran, without disturbed rounds if at least three undisturbed rounds remain."""
        shared = sorted(set.intersection(*(set(self._logs[arm]) for arm in arms)))
        calm = self._calm(shared, arms)
        return calm if len(calm) >= LEAST_ROUNDS else shared

    def _calm(self, rounds: Collection[int], arms: Collection[int]) -> list[int]:
        return [number for number in rounds if not any(number in self._disturbed[arm] for arm in arms)]

    def _start_round(self) -> None:
        self._round += 1
        if self._round % 2 == 0:
            self._order = list(self._in)
            self._random.shuffle(self._order)
        else:
            self._order = [arm for arm in reversed(self._order) if arm in self._in]
        self._queue = list(self._order)

    def _sift(self) -> None:
        """Remove the finalists that are clearly slower, at the end of a round."""
        leader = self.leader([arm for arm in self._in if arm not in self._keeps] or self._in)
        if leader is None:
            return
        for arm in list(self._in):
            if arm == leader or (arm in self._keeps and self.n_rounds < LEAST_ROUNDS):
                continue
            if self._leaves(arm, leader):
                self._in.remove(arm)

    def _leaves(self, arm: int, leader: int) -> bool:
        verdict = self.verdict(arm, leader)
        if (
            arm in self._keeps
        ):  # a kept finalist that is slower after enough rounds for a verdict cannot win in later rounds
            return verdict.outcome is Outcome.SLOWER or (self.n_rounds >= _MIN_ROUNDS and verdict.ratio > 1)
        if verdict.n_rounds < LEAST_ROUNDS:
            return not verdict.is_disturbed and verdict.ratio > _LEAVES_AT[max(1, verdict.n_rounds)]
        return verdict.outcome is Outcome.SLOWER and verdict.ratio > _LEAVES_WITH_VERDICT

    def _is_over(self) -> bool:
        if self.n_rounds < LEAST_ROUNDS:
            return False
        if len(self._in) == 1 or self.n_rounds >= MOST_ROUNDS:
            return True
        if self.n_rounds < _MIN_ROUNDS:
            return False
        if self.n_rounds >= USUAL_ROUNDS and not any(map(self.has_calm_round, self._in)):
            return True  # if other work always disturbs the machine, further rounds give no verdict
        leader = self.leader(self._in)
        assert leader is not None
        is_settled = all(self.is_settled(arm, leader) for arm in self._in if arm != leader)
        return is_settled and (self.n_rounds >= USUAL_ROUNDS or self._is_precise(leader))

    def _is_precise(self, leader: int) -> bool:
        """Whether the confidence interval of each remaining finalist's ratio to the leader is narrow."""
        for arm in self._in:
            rounds = self._decisive([arm, leader])
            ratios = [self._logs[arm][number] - self._logs[leader][number] for number in rounds]
            if arm != leader and len(rounds) > 2:
                error = float(np.std(ratios, ddof=1)) / math.sqrt(len(rounds))
                if t_quantile(0.975, len(rounds) - 1 - STOPPING_DEGREES) * error > math.log1p(_HALF_WIDTH):
                    return False
        return True
