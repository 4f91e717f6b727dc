"""Fit how latency grows with picture size: a power law of megapixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.least_squares import Line, fit_line
from toolkit.analysis.stats import FloatArray
from toolkit.core.errors import invalid

MIN_SIZES = 4
"""Fewest picture sizes for a fit: a power law has two parameters, so two further sizes can show that it fits badly."""


@dataclass(frozen=True)
class PowerLaw:
    """``latency_s = coefficient_s * megapixels ** exponent``, fitted by least squares on log axes.

    Attributes
    ----------
    exponent, low, high : float
        Exponent of the law (the slope on log axes), with the ends of its 95 % confidence interval. Exponent 1 means
        that latency is proportional to the number of pixels.
    coefficient_s : float
        Latency of one megapixel on the fitted line, s.
    line : Line
        The fitted line: log latency (s) over log megapixels.
    """

    exponent: float
    low: float
    high: float
    coefficient_s: float
    line: Line

    def predict(self, megapixels: Sequence[float] | FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Latency predicted for picture sizes, with a 95 % prediction interval for each of them.

        Parameters
        ----------
        megapixels : sequence of float
            Picture sizes above 0, MP, shape ``(n,)``.

        Returns
        -------
        latency_s, low_s, high_s : ndarray
            Predicted latencies and ends of their intervals, s, each of shape ``(n,)``, float64.
        """
        x = np.log(np.asarray(megapixels, dtype=np.float64))
        centre = self.line.intercept + self.exponent * x
        half = self.line.prediction_half_width(x)
        return np.exp(centre), np.exp(centre - half), np.exp(centre + half)


def fit_power_law(
    megapixels: Sequence[float] | FloatArray, latency_s: Sequence[float] | FloatArray
) -> PowerLaw | None:
    """Fit a power law to latencies over picture sizes: ordinary least squares on log axes.

    `latency_s` must have one latency for each picture size. Repeated measurements of one size deviate from the line
    in the same way, so several latencies of one size would make the interval of the slope too narrow. Points that are
    not finite numbers above 0 (failed rows) are left out.

    Parameters
    ----------
    megapixels, latency_s : sequence of float
        Picture sizes in megapixels and latencies in seconds, shape ``(sizes,)`` each.

    Returns
    -------
    PowerLaw or None
        The fitted law; None if there are fewer than four different valid picture sizes.

    Examples
    --------
    >>> law = fit_power_law([0.5, 1, 2, 4], [0.05, 0.1, 0.2, 0.4])
    >>> round(law.exponent, 6), round(law.coefficient_s, 6)
    (1.0, 0.1)
    >>> fit_power_law([0.5, 1, 2], [0.05, 0.1, 0.2]) is None
    True
    """
    sizes, times = (np.asarray(given, dtype=np.float64).reshape(-1) for given in (megapixels, latency_s))
    if sizes.size != times.size:
        raise invalid("latency_s", "fit_power_law", "a list with as many values as megapixels", times.size)
    valid = np.isfinite(sizes) & np.isfinite(times) & (sizes > 0) & (times > 0)
    x, y = np.log(sizes[valid]), np.log(times[valid])
    if np.unique(x).size < MIN_SIZES:
        return None
    line = fit_line(x, y)
    half = line.slope_half_width()
    return PowerLaw(line.slope, line.slope - half, line.slope + half, math.exp(line.intercept), line)
