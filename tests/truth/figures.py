"""Figures and sections of the truth rig."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One number, its limit, and whether it is within the limit."""

    name: str
    value: str
    limit: str
    holds: bool


@dataclass(frozen=True)
class Section:
    """One part of the rig: its key (the number of its figure first), a title, and a function that measures it.

    ``measure(scale)`` gives the figures; scale 1 is the long run, a smaller scale repeats proportionally less often.
    """

    key: str
    title: str
    measure: Callable[[float], list[Figure]]


def at_most(name: str, value: float, limit: float, *, digits: int = 1) -> Figure:
    """A share that must not exceed its limit, printed in percent."""
    return Figure(
        name, f"{100 * value:.{digits}f} %", f"at most {100 * limit:.{digits}f} %", bool(value <= limit)
    )


def at_least(name: str, value: float, limit: float, *, digits: int = 1) -> Figure:
    """A share that must reach its limit, printed in percent."""
    return Figure(
        name, f"{100 * value:.{digits}f} %", f"at least {100 * limit:.{digits}f} %", bool(value >= limit)
    )


def within(name: str, value: float, low: float, high: float) -> Figure:
    """A share that must lie between two limits, printed in percent."""
    return Figure(
        name, f"{100 * value:.1f} %", f"{100 * low:.0f} to {100 * high:.0f} %", bool(low <= value <= high)
    )


def for_information(name: str, value: str) -> Figure:
    """A number without a limit."""
    return Figure(name, value, "-", True)
