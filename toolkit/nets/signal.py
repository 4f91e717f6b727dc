"""What range of numbers a network eats and gives; seeded weights are drawn to match it."""

from __future__ import annotations

from typing import NamedTuple


class Signal(NamedTuple):
    """Input range, and the spread that the last convolution of a trained network has.

    Attributes
    ----------
    low, high : float
        Range of the input.
    mean, spread : float
        Mean and standard deviation of the last convolution's output.
    """

    low: float
    high: float
    mean: float
    spread: float


UNIT = Signal(low=0.0, high=1.0, mean=0.5, spread=0.2)
