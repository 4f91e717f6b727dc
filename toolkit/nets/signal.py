"""The ranges of a network's input and output; random weights that a seed determines are scaled to these ranges."""

from __future__ import annotations

from typing import NamedTuple


class Signal(NamedTuple):
    """Range of a trained network's input, and mean and spread of the output of its last convolution.

    Attributes
    ----------
    low, high : float
        Least and greatest value of the network's input.
    mean, spread : float
        Mean and standard deviation of the last convolution's output.
    """

    low: float
    high: float
    mean: float
    spread: float
