"""FASTER, SLOWER, SAME or CAN'T TELL: what two sets of processes say about each other.

The ratio is time of the candidate over time of the baseline, so 1.03 is 3 % slower. It is decided at the 2.5 %
level (two-sided) while the interval beside it is the usual 95 % one: the difference is room for what no formula
knows about a real machine, so that the false-alarm rate measured by the truth rig stays under 5 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from toolkit.analysis.distributions import t_quantile, t_two_sided_p
from toolkit.analysis.stats import MIN_PROCESSES, Blocks, FloatArray, log_median
from toolkit.core.errors import invalid

DECISION_LEVEL = 0.025
"""Two-sided error rate at which FASTER and SLOWER are decided."""

SAME_WITHIN = 0.01
"""SAME means: the whole decision interval lies within 1 % of equal.

1 % is the smallest slow-down that a reader still wants to hear about, and about the smallest that a minute on a
desktop machine can resolve. A real 1 % change lies on the edge, so it is called SAME at most once in 80 times.
"""

STOPPING_DEGREES = 1
"""Degrees of freedom charged for a stopping rule; the truth rig checks the coverage that results."""

POWER = 0.9
"""How often an effect of the size printed as "could have been seen" is seen."""

NO_SPREAD = 1e-9
"""Standard deviation of log time below which the values are called identical."""


class Outcome(StrEnum):
    """What a comparison ends in."""

    FASTER = "FASTER"
    SLOWER = "SLOWER"
    SAME = "SAME"
    CANT_TELL = "CAN'T TELL"


@dataclass(frozen=True)
class Verdict:
    """The answer of one comparison.

    Attributes
    ----------
    outcome : Outcome
        About the candidate, seen from the baseline.
    ratio : float
        Time of the candidate over time of the baseline; NaN when one of them has no valid time.
    low, high : float or None
        Ends of the 95 % interval of the ratio; None when there is no interval.
    p_value : float
        Two-sided, for "no difference"; NaN when there is no test. A table of verdicts needs it (``discovery``).
    n_rounds : int
        Processes on the side that has fewer.
    smallest_effect : float or None
        Smallest change, as a fraction of the time, that would have been seen in 90 % of such comparisons.
    more_rounds : int or None
        Further rounds needed to see the change measured (or 1 %, if that is larger); 0 when decided, None unknown.
    more_s : float or None
        What they would cost in seconds.
    reason : str
        One clause that says what the outcome rests on, or what is missing.
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

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.outcome}: {self.reason}"
        interval = f"95 % interval {self.low:.3f} to {self.high:.3f}, {self.n_rounds} rounds"
        parts = [f"{self.outcome}: {self.ratio:.3f} x the time ({interval}); {self.reason}"]
        if self.smallest_effect is not None:
            parts.append(f"a change of {100 * self.smallest_effect:.1f} % could have been seen")
        if self.more_rounds:
            cost = "" if self.more_s is None else f", about {self.more_s:.0f} s"
            parts.append(f"more evidence: {self.more_rounds} rounds{cost}")
        return "; ".join(parts)


def compare(
    baseline: Blocks, candidate: Blocks, *, paired: bool = False, round_cost_s: float | None = None
) -> Verdict:
    """Compare the samples of two configurations.

    Parameters
    ----------
    baseline, candidate : sequence of sequences of float
        Steady samples in seconds, one row for each process. An empty row is a process that failed.
    paired : bool
        Whether row i of both was measured in the same interleaved round: what the round shares then cancels.
        Two stored runs are not paired.
    round_cost_s : float, optional
        Seconds that one more round of both costs, for the price of more evidence.

    Returns
    -------
    Verdict
        Zero variance, unequal numbers of processes, NaN, a failed process and fewer than three processes are never
        FASTER or SLOWER: a run that lost processes lost them for a reason that may also have moved its time.

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
    """The same for process medians of log seconds, NaN for a process that failed.

    ``is_sequential`` says that the number of rounds was chosen by looking at their spread (``design``): stopping
    when the spread happens to look small makes intervals a little too narrow, which `STOPPING_DEGREES` makes good.
    """
    a = np.asarray(baseline, dtype=np.float64).reshape(-1)
    b = np.asarray(candidate, dtype=np.float64).reshape(-1)
    n = int(min(a.size, b.size))
    if not bool(np.isfinite(a).all() and np.isfinite(b).all()):
        return _undecided(math.nan, n, "a block failed or holds a value that is not a positive number")
    if n == 0:
        return _undecided(math.nan, n, "nothing was measured")
    difference = float(b.mean() - a.mean())
    if n < MIN_PROCESSES:
        return _undecided(
            math.exp(difference), n, f"{n} of at least {MIN_PROCESSES} processes a side, no interval"
        )
    if paired and a.size != b.size:
        return _undecided(math.exp(difference), n, f"unequal numbers of blocks, {a.size} and {b.size}")
    if min(float(a.std()), float(b.std())) < NO_SPREAD:
        return _undecided(math.exp(difference), n, "all blocks of one side took exactly the same time")
    if paired:
        error = float((b - a).std(ddof=1)) / math.sqrt(n)
        degrees = n - 1.0 - (STOPPING_DEGREES if is_sequential else 0)
    else:
        error, degrees = _welch(a, b)
    if error < NO_SPREAD:
        return _undecided(math.exp(difference), n, "both sides differ by exactly the same in every round")
    return _decided(
        difference, error, degrees, n, are_equal_in_number=a.size == b.size, round_cost_s=round_cost_s
    )


def _welch(a: FloatArray, b: FloatArray) -> tuple[float, float]:
    """Standard error and degrees of freedom of a difference of means (Welch, 1947)."""
    part_a, part_b = float(a.var(ddof=1)) / a.size, float(b.var(ddof=1)) / b.size
    total = part_a + part_b
    return math.sqrt(total), total**2 / (part_a**2 / (a.size - 1) + part_b**2 / (b.size - 1))


def _decided(
    difference: float,
    error: float,
    degrees: float,
    n: int,
    *,
    are_equal_in_number: bool,
    round_cost_s: float | None,
) -> Verdict:
    half = t_quantile(0.975, degrees) * error
    decision = t_quantile(1 - DECISION_LEVEL / 2, degrees) * error
    same = math.log1p(SAME_WITHIN)
    if not are_equal_in_number:
        outcome, reason = Outcome.CANT_TELL, "unequal numbers of blocks: measure both sides alike"
    elif difference - decision > 0:
        outcome, reason = Outcome.SLOWER, "the 97.5 % interval lies above 1"
    elif difference + decision < 0:
        outcome, reason = Outcome.FASTER, "the 97.5 % interval lies below 1"
    elif abs(difference) + decision <= same:
        outcome, reason = Outcome.SAME, f"the 97.5 % interval lies within {100 * SAME_WITHIN:.0f} % of 1"
    else:
        outcome, reason = Outcome.CANT_TELL, "the interval holds both no change and a change that matters"
    more: int | None = 0
    if outcome is Outcome.CANT_TELL:
        more = _more_rounds(error * math.sqrt(n), n, effect=max(abs(difference), same))
    return Verdict(
        outcome=outcome,
        ratio=math.exp(difference),
        low=math.exp(difference - half),
        high=math.exp(difference + half),
        p_value=t_two_sided_p(difference / error, degrees),
        n_rounds=n,
        smallest_effect=math.expm1(_detectable(error, degrees)),
        more_rounds=more,
        more_s=None if more is None or round_cost_s is None else more * round_cost_s,
        reason=reason,
    )


def _undecided(ratio: float, n: int, reason: str) -> Verdict:
    return Verdict(Outcome.CANT_TELL, ratio, None, None, math.nan, n, None, None, None, reason)


def _detectable(error: float, degrees: float) -> float:
    """Log ratio that is seen with probability ``POWER`` (sum of the two quantiles, the usual approximation)."""
    return (t_quantile(1 - DECISION_LEVEL / 2, degrees) + t_quantile(POWER, degrees)) * error


def _more_rounds(spread: float, n: int, *, effect: float) -> int:
    """Rounds to add to ``n`` until ``effect`` would be seen; ``spread`` is the error of a single round."""
    total = n
    while _detectable(spread / math.sqrt(total), total - 1.0) > effect and total < 100_000:
        total = max(total + 1, math.ceil(total * 1.02))
    return total - n


def smallest_effect(*, relative_spread: float, n_rounds: int) -> float:
    """Smallest change that ``n_rounds`` rounds would see, for planning a comparison.

    Parameters
    ----------
    relative_spread : float
        Standard deviation of one round's log ratio: about 1.4 times that of one configuration's process medians.
    n_rounds : int
        At least 3.

    Returns
    -------
    float
        As a fraction of the time: 0.03 is 3 %.

    Examples
    --------
    >>> round(smallest_effect(relative_spread=0.028, n_rounds=15), 3)
    0.028
    """
    if n_rounds < MIN_PROCESSES:
        raise invalid("n_rounds", "smallest_effect", f"at least {MIN_PROCESSES}", n_rounds)
    return math.expm1(_detectable(relative_spread / math.sqrt(n_rounds), n_rounds - 1.0))
