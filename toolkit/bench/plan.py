"""How much is measured: blocks, seconds, limits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much evidence to gather for one trial.

    Attributes
    ----------
    blocks : int
        Number of fresh processes, one after another; fewer than 3 give no interval.
    seconds : float
        How long the calls of one block go on, s.
    least_calls, most_calls : int
        Bounds of the calls in a block after the first one; a call longer than `seconds` is made once.
    timeout_s : float
        A worker that gives no answer for longer is stopped, s.
    """

    blocks: int
    seconds: float
    least_calls: int = 3
    most_calls: int = 1000
    timeout_s: float = 300.0


QUICK = Plan(blocks=3, seconds=0.3)


FULL = Plan(blocks=7, seconds=1.0)
