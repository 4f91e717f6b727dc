"""The mistakes that the rules of measuring prevent, made on purpose: pooled samples, and one side after the other.

For people who want to see why (notebook ``05_trust``); nothing of the toolkit decides by what is here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.design import Comparison
from toolkit.analysis.distributions import t_two_sided_p
from toolkit.analysis.stats import Blocks, FloatArray
from toolkit.analysis.verdict import DECISION_LEVEL, Outcome, Verdict, compare, compare_medians
from toolkit.core.errors import invalid

BETWEEN_SD, WITHIN_SD = 0.01, 0.02
"""Spread of log time between processes and inside one, as image filters show it on a desktop machine."""

CALL_S, PROCESS_S = 0.02, 0.6
"""Seconds a call and seconds to start a process on the planted clock."""

_DECIDED = (Outcome.FASTER, Outcome.SLOWER)
_BASELINE, _CANDIDATE = "before", "after"


def pooled_p_value(a: Blocks, b: Blocks) -> float:
    """Two-sided p of Welch's test with every call counted as independent evidence: the mistake.

    Parameters
    ----------
    a, b : sequence of sequences of float
        Samples in seconds, one row for each process.

    Examples
    --------
    >>> pooled_p_value([[1.0, 1.01, 0.99]], [[1.5, 1.51, 1.49]]) < 0.001
    True
    """
    x, y = (np.log(np.concatenate([np.asarray(row, dtype=np.float64) for row in side])) for side in (a, b))
    parts = float(x.var(ddof=1)) / x.size, float(y.var(ddof=1)) / y.size
    degrees = sum(parts) ** 2 / (parts[0] ** 2 / (x.size - 1) + parts[1] ** 2 / (y.size - 1))
    return t_two_sided_p(float(y.mean() - x.mean()) / math.sqrt(sum(parts)), degrees)


@dataclass(frozen=True)
class AlarmRates:
    """How often identical code was called different.

    Attributes
    ----------
    pooled, by_process : float
        Shares of the comparisons, 0..1: with every call as evidence, and with one number for each process.
    comparisons : int
    """

    pooled: float
    by_process: float
    comparisons: int


def alarms_on_splits(blocks: Blocks, *, splits: int = 400, seed: int = 0) -> AlarmRates:
    """Compare one half of the processes of the same code with the other half, again and again.

    Parameters
    ----------
    blocks : sequence of sequences of float
        Samples in seconds, one row for each process, six or more.
    splits : int
        Random halves to try.

    Raises
    ------
    InvalidValue
        Fewer than six processes.
    """
    rows = [np.asarray(row, dtype=np.float64) for row in blocks]
    if len(rows) < 6:
        raise invalid("blocks", "a demonstration of false alarms", "six processes or more", len(rows))
    rng = np.random.default_rng(seed)
    half = len(rows) // 2
    pooled = by_process = 0
    for _ in range(splits):
        order = rng.permutation(len(rows))
        a, b = [rows[i] for i in order[:half]], [rows[i] for i in order[half : 2 * half]]
        pooled += pooled_p_value(a, b) < DECISION_LEVEL
        by_process += compare(a, b).outcome in _DECIDED
    return AlarmRates(pooled / splits, by_process / splits, splits)


def alarms_in_simulation(
    comparisons: int = 400, *, processes: int = 6, calls: int = 20, seed: int = 0
) -> AlarmRates:
    """The same on drawn times whose truth is known: both sides are the same code."""
    rng = np.random.default_rng(seed)
    pooled = by_process = 0
    for _ in range(comparisons):
        a, b = (_drawn(rng, processes, calls) for _ in range(2))
        pooled += pooled_p_value(a, b) < DECISION_LEVEL
        by_process += compare(a, b).outcome in _DECIDED
    return AlarmRates(pooled / comparisons, by_process / comparisons, comparisons)


def _drawn(rng: np.random.Generator, processes: int, calls: int) -> FloatArray:
    noise = rng.normal(0, WITHIN_SD, (processes, calls)) + rng.normal(0, BETWEEN_SD, (processes, 1))
    return np.asarray(CALL_S * np.exp(noise), dtype=np.float64)


@dataclass(frozen=True)
class Run:
    """One comparison of identical code on a machine that becomes slower.

    Attributes
    ----------
    at_s : tuple of two sequences of float
        When each process of "before" and "after" ran, seconds on the planted clock.
    medians_s : tuple of two sequences of float
        Its median time of a call, s.
    verdict : Verdict
        About "after"; the truth is a ratio of 1.
    """

    at_s: tuple[Sequence[float], Sequence[float]]
    medians_s: tuple[Sequence[float], Sequence[float]]
    verdict: Verdict


class _SlowingMachine:
    """A planted clock: each process costs time, and the machine is slower by `drift` after `over_s` of it."""

    def __init__(self, drift: float, over_s: float, seed: int) -> None:
        self.now_s = 0.0
        self._slope = math.log1p(drift) / over_s
        self._rng = np.random.default_rng(seed)

    def block(self, calls: int) -> tuple[float, FloatArray, float]:
        """When it ran, its samples and what it cost, s."""
        at_s = self.now_s
        samples = _drawn(self._rng, 1, calls)[0] * math.exp(self._slope * at_s)
        cost_s = PROCESS_S + float(samples.sum())
        self.now_s += cost_s
        return at_s, samples, cost_s


def in_turns(*, drift: float = 0.05, over_s: float = 25.0, seed: int = 0) -> Run:
    """Compare in the design of `atelier compare`: rounds in turns, each second one mirrored.

    Parameters
    ----------
    drift : float
        How much slower the machine is after `over_s` seconds: 0.05 is 5 %.
    over_s : float
        Budget of the comparison, s.
    """
    machine = _SlowingMachine(drift, over_s, seed)
    design = Comparison([_BASELINE, _CANDIDATE], budget_s=over_s, half_width=0.001, seed=seed)
    at: dict[str, list[float]] = {_BASELINE: [], _CANDIDATE: []}
    medians: dict[str, list[float]] = {_BASELINE: [], _CANDIDATE: []}
    while (turn := design.next_turn()) is not None:
        at_s, samples, cost_s = machine.block(turn.iterations)
        at[turn.configuration].append(at_s)
        medians[turn.configuration].append(float(np.median(samples)))
        design.record(turn, samples, cost_s=cost_s)
    return Run((at[_BASELINE], at[_CANDIDATE]), (medians[_BASELINE], medians[_CANDIDATE]), design.verdict())


def one_after_the_other(*, drift: float = 0.05, over_s: float = 25.0, seed: int = 0) -> Run:
    """Compare as many tools do: all processes of one side, then all of the other. Same machine, same time."""
    machine = _SlowingMachine(drift, over_s, seed)
    at: tuple[list[float], list[float]] = ([], [])
    logs: tuple[list[float], list[float]] = ([], [])
    for side in range(2):
        while machine.now_s < over_s * (side + 1) / 2:
            at_s, samples, _ = machine.block(20)
            at[side].append(at_s)
            logs[side].append(float(np.median(np.log(samples))))
    fewest = min(map(len, logs))  # the second half of a slowing machine holds a process less now and then
    verdict = compare_medians(logs[0][:fewest], logs[1][:fewest])
    return Run(at, tuple([math.exp(v) for v in side] for side in logs), verdict)  # type: ignore[arg-type]
