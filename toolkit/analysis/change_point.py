"""A change of the level of a series of runs, in a module without numpy, so that reading stored changes is fast."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ChangePoint:
    """A run at which the level of a series changed.

    Attributes
    ----------
    at : int
        Index of the first run at the new level.
    earliest, latest : int
        Indices between which the first run at the new level lies with about 95 % confidence.
    seen : int
        Index of the run after which the alert was raised.
    ratio : float
        The new level divided by the old level: above 1 is slower.
    low, high : float
        Ends of the 95 % interval of `ratio`.
    """

    at: int
    earliest: int
    latest: int
    seen: int
    ratio: float
    low: float
    high: float

    @property
    def is_slower(self) -> bool:
        """Whether the runs after the change take longer than those before it."""
        return self.ratio > 1
