"""The verdict of a comparison: FASTER, SLOWER, SAME or CAN'T TELL.

The ratio is the time of the candidate divided by the time of the baseline: 1.03 means 3 % slower. The test is
Student's t on log time, paired by round or Welch's, two-sided at the 2.5 % level; tables show the usual 95 % interval.
The level of the test is 2.5 % instead of the usual 5 %, because disturbances of the machine, which no formula covers,
add false alarms: in tests with simulated times the rate of false alarms stays under 5 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from toolkit.analysis.distributions import t_quantile, t_two_sided_p, welch
from toolkit.analysis.stats import MIN_PROCESSES, Blocks, FloatArray, log_median

DECISION_LEVEL = 0.025
"""Probability of a verdict FASTER or SLOWER when the true times are equal (2.5 %, two-sided)."""

SAME_WITHIN = 0.01
"""SAME means that the whole 97.5 % interval of the ratio lies within 1 % of 1 (equivalence test).

A slow-down of less than 1 % hardly matters to a reader, and a minute of measuring on a desktop machine could hardly
show it. Of comparisons with a true change of exactly 1 %, at most 1 in 80 is called SAME.
"""

STOPPING_DEGREES = 1
"""Degrees of freedom to subtract if a stopping rule uses the spread of the times, as intervals are then too narrow."""

POWER = 0.9
"""Probability that a comparison detects an effect as large as `Verdict.smallest_effect`."""

_APART = "measured apart: the two runs did not take turns, so the machine may have changed between the runs"
"""The reason that a verdict gives if the compared runs did not take turns."""

_BUSY = "the machine was busy while both trials were measured"
"""First words of the reason that a verdict gives if other processes disturbed the compared runs."""

NO_SPREAD = 1e-9
"""Standard deviation of log time below which the times count as identical."""


class Outcome(StrEnum):
    """Outcome of a comparison of two configurations."""

    FASTER = "FASTER"
    SLOWER = "SLOWER"
    SAME = "SAME"
    CANT_TELL = "CAN'T TELL"

    @property
    def is_difference(self) -> bool:
        """Whether the outcome is that the two times differ: `FASTER` or `SLOWER`."""
        return self in (Outcome.FASTER, Outcome.SLOWER)


@dataclass(frozen=True)
class Verdict:
    """Result of one comparison of a candidate's time with a baseline's time.

    Attributes
    ----------
    outcome : Outcome
        Whether the candidate is faster or slower than the baseline, or takes the same time; or CAN'T TELL.
    ratio : float
        Time of the candidate divided by time of the baseline; NaN if the candidate or the baseline has no valid time.
    low, high : float or None
        Ends of the 95 % interval of the ratio; None when there is no interval.
    p_value : float
        Two-sided p-value of the hypothesis that the times are equal; NaN if there was no test.
        `toolkit.analysis.discovery` uses the p-value to limit the share of wrong verdicts in a table.
    n_rounds : int
        Number of processes of the configuration that has fewer processes.
    smallest_effect : float or None
        Smallest change, as a fraction of the time, that 90 % of comparisons with the same noise and rounds would
        detect.
    more_rounds : int or None
        Number of further rounds needed to detect the measured change (or 1 %, if that is larger); 0 if the outcome is
        certain, None if the number is unknown.
    more_s : float or None
        Estimated time of the `more_rounds` further rounds, s.
    reason : str
        Reason for the outcome, as one clause of text.
    """

    outcome: Outcome
    ratio: float
    low: float | None
    high: float | None
    p_value: float
    n_rounds: int
    smallest_effect: float | None
    more_rounds: int | None
    more_s: float | None
    reason: str

    @property
    def is_disturbed(self) -> bool:
        """Whether the machine was so busy while both configurations were measured that the ratio gets no interval."""
        return self.reason.startswith(_BUSY)

    @property
    def is_apart(self) -> bool:
        """Whether the two configurations were not measured in turns, so that their times cannot be compared."""
        return self.reason == _APART


def compare(
    baseline: Blocks, candidate: Blocks, *, paired: bool = False, round_cost_s: float | None = None
) -> Verdict:
    """Compare the times of two configurations.

    Parameters
    ----------
    baseline, candidate : sequence of sequences of float
        Times of calls after the warm-up, s, one row for each process. An empty row is a process that failed.
    paired : bool
        Whether row i of `baseline` and row i of `candidate` were measured in the same round: disturbances of a round
        then affect both rows and cancel in the ratio. Two runs stored at different times are not paired.
    round_cost_s : float, optional
        Time of one more round of both configurations, s, from which `Verdict.more_s` is computed.

    Returns
    -------
    Verdict
        The outcome is CAN'T TELL for zero variance, unequal numbers of processes, NaN, fewer than three processes, or a
        failed process: the cause of the failure may also have changed the times of the other processes.

    Examples
    --------
    >>> before = [[1.00, 1.01], [1.01, 1.00], [0.99, 1.00], [1.00, 1.02]]
    >>> after = [[1.21, 1.20], [1.20, 1.19], [1.20, 1.21], [1.22, 1.20]]
    >>> verdict = compare(before, after)
    >>> verdict.outcome.value, round(verdict.ratio, 2)
    ('SLOWER', 1.2)
    """
    return compare_medians(
        [log_median(block) for block in baseline],
        [log_median(block) for block in candidate],
        paired=paired,
        round_cost_s=round_cost_s,
    )


def compare_medians(
    baseline: Sequence[float] | FloatArray,
    candidate: Sequence[float] | FloatArray,
    *,
    paired: bool = False,
    is_sequential: bool = False,
    round_cost_s: float | None = None,
) -> Verdict:
    """Compare two configurations by the median of log time (natural log of seconds) of each process.

    Parameters
    ----------
    baseline, candidate : sequence of float
        Median of log time of each process; NaN for a process that failed.
    paired, round_cost_s
        `paired` and `round_cost_s` have the same meaning as in `compare`.
    is_sequential : bool
        Whether a stopping rule chose the number of rounds from the spread of the times. Stopping when the spread
        happens to be small makes intervals too narrow; subtracting `STOPPING_DEGREES` degrees of freedom corrects
        this error.
    """
    a, b = (np.asarray(side, dtype=np.float64).reshape(-1) for side in (baseline, candidate))
    n = int(min(a.size, b.size))
    difference = float(b.mean() - a.mean()) if n and np.isfinite([*a, *b]).all() else math.nan
    missing = _missing(a, b, paired=paired)
    if missing:
        return Verdict(
            Outcome.CANT_TELL, math.exp(difference), None, None, math.nan, n, None, None, None, missing
        )
    if paired:
        error = float((b - a).std(ddof=1)) / math.sqrt(n)
        degrees = n - 1.0 - (STOPPING_DEGREES if is_sequential else 0)
    else:
        spreads = float(a.std(ddof=1)) / math.sqrt(a.size), float(b.std(ddof=1)) / math.sqrt(b.size)
        error, degrees = welch(errors=spreads, sizes=(a.size, b.size))
    half = t_quantile(0.975, degrees) * error
    outcome, reason = _outcome(difference, t_quantile(1 - DECISION_LEVEL / 2, degrees) * error)
    if a.size != b.size:
        outcome, reason = (
            Outcome.CANT_TELL,
            "the two trials have unequal numbers of processes: measure both trials equally often",
        )
    effect = max(abs(difference), math.log1p(SAME_WITHIN))
    more = _more_rounds(error * math.sqrt(n), n, effect=effect) if outcome is Outcome.CANT_TELL else 0
    return Verdict(
        outcome=outcome,
        ratio=math.exp(difference),
        low=math.exp(difference - half),
        high=math.exp(difference + half),
        p_value=t_two_sided_p(difference / error, degrees),
        n_rounds=n,
        smallest_effect=math.expm1(_detectable(error, degrees)),
        more_rounds=more,
        more_s=None if round_cost_s is None else more * round_cost_s,
        reason=reason,
    )


def measured_apart(baseline: Blocks, candidate: Blocks) -> Verdict:
    """The verdict on two configurations that did not take turns: CAN'T TELL, with the ratio but without an interval.

    An interval would cover how much times vary within each run, but not how the machine changed between the runs.

    Examples
    --------
    >>> verdict = measured_apart([[2.0, 2.0]] * 3, [[1.0, 1.1, 1.0]] * 3)
    >>> verdict.outcome.value, verdict.ratio
    ("CAN'T TELL", 0.5)
    """
    sides = [np.array([log_median(block) for block in side]) for side in (baseline, candidate)]
    n = min(side.size for side in sides)
    ratio = math.exp(float(sides[1].mean() - sides[0].mean())) if n else math.nan
    return Verdict(Outcome.CANT_TELL, ratio, None, None, math.nan, n, None, None, None, _APART)


def disturbed(verdict: Verdict, disturbance: str) -> Verdict:
    """The verdict on two configurations whose processes were disturbed: CAN'T TELL, with the ratio but no interval.

    Parameters
    ----------
    disturbance : str
        Cause of the disturbance, as one clause of text.
    """
    return replace(
        verdict,
        outcome=Outcome.CANT_TELL,
        low=None,
        high=None,
        p_value=math.nan,
        smallest_effect=None,
        more_rounds=None,
        more_s=None,
        reason=f"{_BUSY}: {disturbance}",
    )


def _missing(a: FloatArray, b: FloatArray, *, paired: bool) -> str:
    """Reason why the times `a` and `b` give no interval of their ratio; ``""`` if there is an interval."""
    n = min(a.size, b.size)
    if not bool(np.isfinite(a).all() and np.isfinite(b).all()):
        return "a measuring process failed, or gave a time that is not a positive number"
    if n == 0:
        return "nothing was measured"
    if n < MIN_PROCESSES:
        return f"one trial has {n} measured process{'es' if n > 1 else ''}; each trial needs at least {MIN_PROCESSES}"
    if paired and a.size != b.size:
        return f"the two trials have unequal numbers of processes, {a.size} and {b.size}"
    if min(float(a.std()), float(b.std())) < NO_SPREAD:
        return (
            "all processes of one trial took exactly the same time, so nothing shows how much its times vary"
        )
    if paired and float((b - a).std()) < NO_SPREAD:
        return "the ratio of the two times is exactly the same in every round, so nothing shows how much it varies"
    return ""


def _outcome(difference: float, half: float) -> tuple[Outcome, str]:
    """Decide from a difference of log times and the half-width of its 97.5 % interval."""
    if difference - half > 0:
        return Outcome.SLOWER, "the 97.5 % interval of the ratio lies above 1"
    if difference + half < 0:
        return Outcome.FASTER, "the 97.5 % interval of the ratio lies below 1"
    if abs(difference) + half <= math.log1p(SAME_WITHIN):
        return Outcome.SAME, f"the 97.5 % interval of the ratio lies within {100 * SAME_WITHIN:.0f} % of 1"
    return (
        Outcome.CANT_TELL,
        "the interval of the ratio of times includes both no change and a change that matters",
    )


def _detectable(error: float, degrees: float) -> float:
    """The log ratio that a test detects with probability `POWER`: (t quantile of test + of power) x standard error."""
    return (t_quantile(1 - DECISION_LEVEL / 2, degrees) + t_quantile(POWER, degrees)) * error


def _more_rounds(spread: float, n: int, *, effect: float) -> int:
    """Number of rounds to add to ``n`` to detect the log ratio ``effect``; ``spread``: standard error of one round."""
    total = n
    while _detectable(spread / math.sqrt(total), total - 1.0) > effect and total < 100_000:
        total = max(total + 1, math.ceil(total * 1.02))
    return total - n
