import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from toolkit.analysis.least_squares import fit_line


def test_a_line_and_its_interval_agree_with_scipy():
    x = np.array([0.0, 1.0, 2.0, 4.0, 7.0])
    y = 3 - 0.5 * x + np.array([0.1, -0.2, 0.05, 0.1, -0.1])
    oracle, line = scipy_stats.linregress(x, y), fit_line(x, y)
    assert (line.slope, line.intercept) == pytest.approx((oracle.slope, oracle.intercept))
    assert line.slope_half_width() == pytest.approx(scipy_stats.t.ppf(0.975, 3) * oracle.stderr)


def test_two_points_show_no_spread():
    line = fit_line(np.array([1.0, 2.0]), np.array([3.0, 5.0]))
    assert line.slope == pytest.approx(2) and math.isnan(line.residual_sd)
