"""The plan of a comparison of configurations: which configuration to measure next, and when to stop.

The caller passes the times to a `Comparison`, so that real measurements and simulated times run the same code:

>>> comparison = Comparison(["before", "after"], seed=1)
>>> while (turn := comparison.next_turn()) is not None:
...     drawn = 1.0 + 0.001 * turn.round_index + (0.2 if turn.configuration == "after" else 0.0)
...     comparison.record(turn, [drawn * (1 + 0.001 * turn.order)] * turn.iterations, cost_s=2.0)
>>> comparison.verdict("after").outcome.value, comparison.n_rounds, comparison.stopped.value
('SLOWER', 6, 'precise enough')

* Configurations take turns in rounds. Every second round reverses the order of the previous round (ABBA), so that a
  linear drift of the machine cancels. The first round of each pair is in random order, so that no periodic disturbance
  always hits the same configuration.
* The number of timed calls in a process is computed from the variances and costs measured so far
  (`allocate_iterations`).
* A comparison stops when the interval of its ratio of times is narrow enough, or, from the third round, when the whole
  interval lies above 1.5 or below 1 / 1.5. A comparison never stops because a difference just looks significant:
  stopping for that reason would raise the rate of false alarms from 5 % to 20 %.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from toolkit.analysis.distributions import t_quantile
from toolkit.analysis.stats import Estimate, FloatArray, estimate, log_median
from toolkit.analysis.steady import Steady, find_shared_warm_up
from toolkit.analysis.variance import allocate_iterations, variance_parts
from toolkit.analysis.verdict import DECISION_LEVEL, NO_SPREAD, STOPPING_DEGREES, Verdict, compare_medians
from toolkit.core.errors import invalid

HALF_WIDTH = 0.0125
"""Default half-width of the 95 % interval of a ratio of times; at 1.25 %, 19 of 20 comparisons detect a 3 % change."""

BUDGET_S = 60.0
MIN_ROUNDS = 6
FAR_RATIO = 1.5
"""A difference is far when the whole interval of the ratio of two times lies above 1.5 or below 1 / 1.5."""

FAR_MIN_ROUNDS = 3
PILOT_ROUNDS = 2
PILOT_ITERATIONS = 11  # number of timed calls of a process in the first rounds
PILOT_S = 1.5
"""Longest total time of the timed calls of a process in the first rounds, in which no variance is known yet, s."""


class Turn(NamedTuple):
    """The block to measure now; a block is one process that measures one configuration.

    Attributes
    ----------
    configuration : str
        Name of the configuration that the block measures.
    round_index, order : int
        Number of the round, and position of the block within the round, both from 0.
    iterations : int
        Number of timed calls of the process after its first call, warm-up included, at least 1.
    limit_s : float
        The process stops when its timed calls have taken this many seconds (after at least one call), even before it
        has made all `iterations`.
    """

    configuration: str
    round_index: int
    order: int
    iterations: int
    limit_s: float


class Stopped(StrEnum):
    """Reason why a comparison measures no further round."""

    PRECISE = "precise enough"
    FAR = f"the times differ by far more than a factor of {FAR_RATIO}"
    BUDGET = "the time budget of the comparison is spent"
    FAILED = "a block (one measuring process) failed"


@dataclass
class _Arm:
    """The measured times and costs of one configuration of a comparison, with one entry for each block (process)."""

    samples: list[FloatArray] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    costs_s: list[float] = field(default_factory=list)
    iterations: int = PILOT_ITERATIONS
    warm_up: Steady = field(default_factory=lambda: Steady(0, True, 0))

    @property
    def process_cost_s(self) -> float:
        timed = sum(float(samples.sum()) for samples in self.samples)
        return max(0.0, (sum(self.costs_s) - timed) / len(self.costs_s))

    @property
    def iteration_cost_s(self) -> float:
        return float(np.mean(np.concatenate(self.samples)))

    def steady_samples(self) -> list[FloatArray]:
        """Times of calls after the warm-up, for each block."""
        return [self.warm_up.part_after(samples) for samples in self.samples]


class Comparison:
    """Decides which configuration to measure next and when to stop, and gives the verdict.

    Parameters
    ----------
    configurations : sequence of str
        Names of the configurations to compare, two or more, all different; the first is the baseline.
    half_width : float
        The comparison stops when the 95 % interval of every ratio is narrower than plus or minus this fraction.
    budget_s : float
        Time limit of the comparison, s: a round that is not expected to end within the limit does not start.
    min_rounds : int
        Number of rounds before the width of the intervals is first checked, at least 3. From the third round, a ratio
        of times that is surely above 1.5 or below 1 / 1.5 ends the comparison.
    seed : int, optional
        Seed of the random order; the same seed gives the same order.

    Notes
    -----
    Repeat until `next_turn` gives None: call `next_turn`, measure the block, pass the block's times to `record`. An
    incomplete round does not count, so a comparison can be interrupted at any time.
    """

    def __init__(
        self,
        configurations: Sequence[str],
        *,
        half_width: float = HALF_WIDTH,
        budget_s: float = BUDGET_S,
        min_rounds: int = MIN_ROUNDS,
        seed: int | None = None,
    ) -> None:
        self.configurations = tuple(configurations)
        if len(configurations) < 2 or len(set(configurations)) != len(configurations):
            raise invalid("configurations", "comparison", "two or more different names", self.configurations)
        if not 0 < half_width < math.inf:
            raise invalid("half_width", "comparison", "a number above 0", half_width)
        if not 0 < budget_s < math.inf:
            raise invalid("budget_s", "comparison", "a number of seconds above 0", budget_s)
        if min_rounds < 3:
            raise invalid("min_rounds", "comparison", "at least 3", min_rounds)
        self.half_width = half_width
        self.budget_s = budget_s
        self.min_rounds = min_rounds
        self.spent_s = 0.0
        self.stopped: Stopped | None = None
        self._random = random.Random(seed)
        self._arms = {name: _Arm() for name in self.configurations}
        self._order: list[str] = []
        self._queue: list[str] = []
        self._round = -1

    @property
    def n_rounds(self) -> int:
        """Number of rounds in which every configuration has been measured."""
        return min(len(arm.medians) for arm in self._arms.values())

    def next_turn(self) -> Turn | None:
        """The block (a process of one configuration) to measure now, or None when the comparison is over.

        If `record` was not called since the last call of `next_turn`, the same turn is returned again.
        """
        if self.stopped is None and not self._queue:
            self.stopped = self._reason_to_stop()
            if self.stopped is None:
                self._start_round()
        if self.stopped is not None:
            return None
        name = self._queue[0]
        arm = self._arms[name]
        place = len(self.configurations) - len(self._queue)
        return Turn(name, self._round, place, arm.iterations, self._limit_s(arm))

    def record(self, turn: Turn, samples_s: Sequence[float] | FloatArray, *, cost_s: float) -> None:
        """Add the times of the block (a process of one configuration) that was measured for a turn.

        Parameters
        ----------
        turn : Turn
            The turn that `next_turn` returned last.
        samples_s : sequence of float
            Times of the block's calls, s, with the warm-up and without the first call; empty if the block failed.
        cost_s : float
            Wall time of the whole block: spawn, import, load, build, first call and samples.
        """
        if not self._queue or turn.configuration != self._queue[0] or turn.round_index != self._round:
            raise invalid("turn", "comparison", "the turn that next_turn returned last", tuple(turn))
        arm = self._arms[self._queue.pop(0)]
        samples = np.asarray(samples_s, dtype=np.float64).reshape(-1)
        self.spent_s += cost_s
        arm.samples.append(samples)
        arm.costs_s.append(cost_s)
        arm.medians.append(log_median(arm.warm_up.part_after(samples)))
        if math.isnan(arm.medians[-1]):
            self.stopped = Stopped.FAILED
        elif not self._queue and self._round % 2 == 1:
            self._learn()

    def verdict(self, candidate: str | None = None) -> Verdict:
        """The verdict whether ``candidate`` (default: the second configuration) is faster, from complete rounds."""
        name = self.configurations[1] if candidate is None else candidate
        n = None if self.stopped is Stopped.FAILED else self.n_rounds
        return compare_medians(
            self._arms[self.configurations[0]].medians[:n],
            self._arms[name].medians[:n],
            paired=True,
            is_sequential=self.n_rounds >= self.min_rounds or self.stopped is Stopped.FAR,
            round_cost_s=self.spent_s / max(1, self.n_rounds),
        )

    def estimate(self, configuration: str) -> Estimate:
        """Estimated time of a call of one configuration over its processes, without the warm-up."""
        return estimate(self._arms[configuration].steady_samples())

    def warm_up(self, configuration: str) -> Steady:
        """The warm-up that was found in the calls of one configuration."""
        return self._arms[configuration].warm_up

    def _start_round(self) -> None:
        self._round += 1
        if self._round % 2 == 0:
            self._order = list(self.configurations)
            self._random.shuffle(self._order)
        else:
            self._order.reverse()
        self._queue = list(self._order)

    def _limit_s(self, arm: _Arm) -> float:
        """Seconds for the timed calls of a block, chosen so that `min_rounds` rounds fit into the time budget."""
        share_s = self.budget_s / (self.min_rounds * len(self.configurations))
        limit_s = max(0.0, share_s - arm.process_cost_s) if arm.costs_s else share_s / 2
        return limit_s if len(arm.samples) >= PILOT_ROUNDS else min(limit_s, PILOT_S)

    def _learn(self) -> None:
        """After each pair of rounds, find the warm-up, then set the number of iterations of the next blocks."""
        is_searching = self.n_rounds <= self.min_rounds
        if is_searching:
            self._find_warm_up()
        for arm in self._arms.values():
            parts = variance_parts(arm.steady_samples())
            wanted = arm.warm_up.start + allocate_iterations(
                parts, process_cost_s=arm.process_cost_s, iteration_cost_s=arm.iteration_cost_s
            )
            if is_searching and not arm.warm_up.is_steady:
                wanted = max(
                    wanted, 2 * arm.iterations
                )  # the times of calls may become steady in longer blocks
            affordable = int(self._limit_s(arm) / arm.iteration_cost_s)
            arm.iterations = max(1, min(wanted, affordable))

    def _find_warm_up(self) -> None:
        """Find one length of warm-up for all configurations, so that warm-up effects cancel in ratios of times.

        The warm-up is set to 1.5 times the length that the samples show, because noise hides the end of a warm-up.
        """
        found = {name: find_shared_warm_up(arm.samples) for name, arm in self._arms.items()}
        start = max(math.ceil(1.5 * s.start) if s.is_steady else s.start for s in found.values())
        for name, arm in self._arms.items():
            arm.warm_up = replace(found[name], start=start)
            arm.medians = [log_median(samples) for samples in arm.steady_samples()]

    def _reason_to_stop(self) -> Stopped | None:
        n = self.n_rounds
        if n == 0:
            return None
        if n >= self.min_rounds and self._is_precise(n):
            return Stopped.PRECISE
        if n >= FAR_MIN_ROUNDS and self._is_far(n):
            return Stopped.FAR
        arms = self._arms.values()
        next_round_s = sum(arm.process_cost_s + arm.iterations * arm.iteration_cost_s for arm in arms)
        return Stopped.BUDGET if self.spent_s + next_round_s > self.budget_s else None

    def _is_far(self, n: int) -> bool:
        """Whether the interval on which the verdict rests lies beyond `FAR_RATIO` for every candidate."""
        logs = np.array([self._arms[name].medians[:n] for name in self.configurations])
        ratios = logs[1:] - logs[0]
        if min(float(logs.std(axis=1).min()), float(ratios.std(axis=1).min())) < NO_SPREAD:
            return False  # the clock is too coarse to show how much the times vary
        error = ratios.std(axis=1, ddof=1) / math.sqrt(n)
        half = t_quantile(1 - DECISION_LEVEL / 2, n - 1 - STOPPING_DEGREES) * error
        return bool((np.abs(ratios.mean(axis=1)) - half > math.log(FAR_RATIO)).all())

    def _is_precise(self, n: int) -> bool:
        logs = np.array([self._arms[name].medians[:n] for name in self.configurations])
        if float(logs.std(axis=1).min()) < NO_SPREAD:
            return False  # all times are equal: the clock is too coarse to show how much times vary
        widest = float((logs[1:] - logs[0]).std(axis=1, ddof=1).max())
        half = t_quantile(0.975, n - 1 - STOPPING_DEGREES) * widest / math.sqrt(n)
        return half <= math.log1p(self.half_width)
