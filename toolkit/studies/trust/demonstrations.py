"""Two benchmarking mistakes, made on purpose: pooling calls of all processes, and measuring versions not in turns.

Notebook ``05_trust`` compares these mistakes with the methods of the toolkit; no verdict of the toolkit uses this file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.design import Comparison
from toolkit.analysis.distributions import t_two_sided_p, welch
from toolkit.analysis.stats import Blocks, FloatArray
from toolkit.analysis.verdict import DECISION_LEVEL, Verdict, compare, compare_medians
from toolkit.core.errors import invalid

BETWEEN_SD, WITHIN_SD = 0.01, 0.02
"""Standard deviations of log time between processes and inside a process, typical of image filters on a desktop."""

CALL_S, PROCESS_S = 0.02, 0.6
"""Seconds of a call, and seconds to start a process, on the simulated machine."""

_SIDES = ("before", "after")


def pooled_p_value(a: Blocks, b: Blocks) -> float:
    """Two-sided p of Welch's test that counts every call as independent evidence, which is a mistake on purpose.

    Parameters
    ----------
    a, b : sequence of sequences of float
        Times of calls in seconds, one row for each process.

    Examples
    --------
    >>> pooled_p_value([[1.0, 1.01, 0.99]], [[1.5, 1.51, 1.49]]) < 0.001
    True
    """
    x, y = (np.log(np.concatenate([np.asarray(row, dtype=np.float64) for row in side])) for side in (a, b))
    errors = float(x.std(ddof=1)) / math.sqrt(x.size), float(y.std(ddof=1)) / math.sqrt(y.size)
    error, degrees = welch(errors=errors, sizes=(x.size, y.size))
    return t_two_sided_p(float(y.mean() - x.mean()) / error, degrees)


@dataclass(frozen=True)
class AlarmRates:
    """How often a comparison of identical code reports a difference.

    Attributes
    ----------
    pooled, by_process : float
        Fractions of the comparisons that report a difference, 0 to 1: if the calls of all processes are pooled, and if
        each process gives one median.
    comparisons : int
        Number of comparisons.
    """

    pooled: float
    by_process: float
    comparisons: int


def alarms_on_splits(blocks: Blocks, *, splits: int = 400, seed: int = 0) -> AlarmRates:
    """Split processes of the same code into two random halves and compare the halves, many times.

    Parameters
    ----------
    blocks : sequence of sequences of float
        Times of calls in seconds, one row for each process; at least six rows.
    splits : int
        Number of random splits of the processes into two halves.

    Raises
    ------
    InvalidValue
        There are fewer than six processes.
    """
    rows = [np.asarray(row, dtype=np.float64) for row in blocks]
    if len(rows) < 6:
        raise invalid("blocks", "a demonstration of false alarms", "six processes or more", len(rows))
    rng, half = np.random.default_rng(seed), len(rows) // 2

    def halves() -> tuple[Blocks, Blocks]:
        order = rng.permutation(len(rows))
        return [rows[i] for i in order[:half]], [rows[i] for i in order[half : 2 * half]]

    return _alarm_rates(halves, splits)


def alarms_in_simulation(
    comparisons: int = 400, *, processes: int = 6, calls: int = 20, seed: int = 0
) -> AlarmRates:
    """Rates of false alarms on simulated times: both versions have the same distribution, so every alarm is false."""
    rng = np.random.default_rng(seed)
    return _alarm_rates(
        lambda: (_simulated(rng, processes, calls), _simulated(rng, processes, calls)), comparisons
    )


def _alarm_rates(next_pair: Callable[[], tuple[Blocks, Blocks]], comparisons: int) -> AlarmRates:
    pooled = by_process = 0
    for _ in range(comparisons):
        a, b = next_pair()
        pooled += pooled_p_value(a, b) < DECISION_LEVEL
        by_process += compare(a, b).outcome.is_difference
    return AlarmRates(pooled / comparisons, by_process / comparisons, comparisons)


def _simulated(rng: np.random.Generator, processes: int, calls: int) -> FloatArray:
    noise = rng.normal(0, WITHIN_SD, (processes, calls)) + rng.normal(0, BETWEEN_SD, (processes, 1))
    return np.asarray(CALL_S * np.exp(noise), dtype=np.float64)


@dataclass(frozen=True)
class Run:
    """One comparison of identical code on a machine that becomes slower.

    Attributes
    ----------
    at_s : tuple of two sequences of float
        Start of each process of the versions "before" and "after" on the simulated clock, s.
    medians_s : tuple of two sequences of float
        Median time of a call in each process, s.
    verdict : Verdict
        The verdict whether "after" is faster than "before"; the true ratio of their times is 1.
    """

    at_s: tuple[Sequence[float], Sequence[float]]
    medians_s: tuple[Sequence[float], Sequence[float]]
    verdict: Verdict


class _SlowingMachine:
    """A simulated machine that becomes slower: after `over_s` seconds a call takes longer by the fraction `drift`."""

    def __init__(self, drift: float, over_s: float, seed: int) -> None:
        self.now_s = 0.0
        self._slope = math.log1p(drift) / over_s
        self._rng = np.random.default_rng(seed)

    def block(self, calls: int) -> tuple[float, FloatArray, float]:
        """Run a process; returns its start on the clock, its samples and its total time, all in s."""
        at_s = self.now_s
        samples = _simulated(self._rng, 1, calls)[0] * math.exp(self._slope * at_s)
        cost_s = PROCESS_S + float(samples.sum())
        self.now_s += cost_s
        return at_s, samples, cost_s


def in_turns(*, drift: float = 0.05, over_s: float = 25.0, seed: int = 0) -> Run:
    """Compare as `atelier compare` does: both versions take turns in rounds, and every second round is mirrored.

    Parameters
    ----------
    drift : float
        How much slower the machine is after `over_s` seconds: 0.05 is 5 %.
    over_s : float
        Longest time of the comparison, s.
    """
    machine = _SlowingMachine(drift, over_s, seed)
    design = Comparison(list(_SIDES), budget_s=over_s, half_width=0.001, seed=seed)
    ran: dict[str, list[tuple[float, float]]] = {side: [] for side in _SIDES}
    while (turn := design.next_turn()) is not None:
        at_s, samples, cost_s = machine.block(turn.iterations)
        ran[turn.configuration].append((at_s, float(np.median(samples))))
        design.record(turn, samples, cost_s=cost_s)
    return _run([ran[side] for side in _SIDES], design.verdict())


def one_after_the_other(*, drift: float = 0.05, over_s: float = 25.0, seed: int = 0) -> Run:
    """Compare as many tools do, in the same total time: all processes of "before", then all processes of "after"."""
    machine = _SlowingMachine(drift, over_s, seed)
    ran: list[list[tuple[float, float]]] = [[], []]
    for side in range(2):
        while machine.now_s < over_s * (side + 1) / 2:
            at_s, samples, _ = machine.block(20)
            ran[side].append((at_s, math.exp(np.median(np.log(samples)))))
    fewest = min(
        map(len, ran)
    )  # the machine slows down, so fewer processes may fit into the second half of the time
    before, after = ([math.log(median_s) for _, median_s in side[:fewest]] for side in ran)
    return _run(ran, compare_medians(before, after))


def _run(ran: Sequence[Sequence[tuple[float, float]]], verdict: Verdict) -> Run:
    """Make a `Run` from the start and the median of each process, for both versions."""
    (before_at_s, before_s), (after_at_s, after_s) = (tuple(zip(*side, strict=True)) for side in ran)
    return Run((before_at_s, after_at_s), (before_s, after_s), verdict)
