"""A straight line through points by ordinary least squares."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.distributions import t_quantile
from toolkit.analysis.stats import LEVEL, FloatArray


@dataclass(frozen=True)
class Line:
    """``y = intercept + slope * x``, fitted by ordinary least squares.

    Attributes
    ----------
    slope, intercept : float
        Slope in units of y for each unit of x, and intercept in units of y.
    residual_sd : float
        Standard deviation of y about the line, with ``n - 2`` degrees of freedom; NaN if there are only two points.
    n : int
        Number of points through which the line was fitted.
    mean_x, sum_squares : float
        Mean of x, and the sum of squared differences of x from its mean.
    """

    slope: float
    intercept: float
    residual_sd: float
    n: int
    mean_x: float
    sum_squares: float

    def slope_half_width(self) -> float:
        """Half-width of the slope's 95 % confidence interval (Student's t, ``n - 2`` degrees of freedom)."""
        return t_quantile((1 + LEVEL) / 2, self.n - 2) * self.residual_sd / math.sqrt(self.sum_squares)

    def prediction_half_width(self, x: FloatArray) -> FloatArray:
        """Half-width of the prediction interval, which contains a further point at ``x`` with probability 95 %."""
        widening = np.sqrt(1 + 1 / self.n + (x - self.mean_x) ** 2 / self.sum_squares)
        half: FloatArray = t_quantile((1 + LEVEL) / 2, self.n - 2) * self.residual_sd * widening
        return half


def fit_line(x: FloatArray, y: FloatArray) -> Line:
    """Fit a line through at least two points, of which two differ in x.

    Parameters
    ----------
    x, y : ndarray
        Coordinates of the points: shape ``(n,)`` each, finite, in any unit.

    Examples
    --------
    >>> line = fit_line(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0]))
    >>> line.slope, line.intercept, line.residual_sd
    (2.0, 1.0, 0.0)
    """
    mean_x = float(x.mean())
    centred = x - mean_x
    sum_squares = float((centred**2).sum())
    slope = float((centred * y).sum()) / sum_squares
    intercept = float(y.mean()) - slope * mean_x
    squares = float(((y - intercept - slope * x) ** 2).sum())
    residual_sd = math.sqrt(squares / (x.size - 2)) if x.size > 2 else math.nan
    return Line(slope, intercept, residual_sd, int(x.size), mean_x, sum_squares)
