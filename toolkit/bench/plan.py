"""How much is measured for each trial: number of blocks (runs in new processes), their length, and a time-out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Number of blocks (runs in new processes) and of calls to measure for one trial, and their limits.

    Attributes
    ----------
    blocks : int
        Number of blocks; each block runs the trial in fresh processes. A confidence interval needs at least 3 blocks.
    seconds : float
        Time for which calls are repeated in one block (one run in new processes), s.
    least_calls, most_calls : int
        Least and largest number of calls in a block (a run in new processes) after the first call. If the first call
        takes longer than `seconds`, only one more call is made.
    timeout_s : float
        A worker that does not answer for this many seconds is stopped.
    """

    blocks: int
    seconds: float
    least_calls: int = 3
    most_calls: int = 1000
    timeout_s: float = 300.0


QUICK = Plan(blocks=3, seconds=0.3)


FULL = Plan(blocks=7, seconds=1.0)
