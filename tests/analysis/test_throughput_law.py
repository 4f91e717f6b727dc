"""One law over size, workers and threads: it predicts what was not fitted, at its confidence."""

import math

import numpy as np
import pytest

from toolkit.analysis.throughput_law import fit_throughput_law
from toolkit.core.errors import InvalidValue

CELLS = [(mp, w, t) for mp in (0.25, 0.5, 1, 2) for w in (1, 2, 4, 8) for t in (1, 2)]


def truth(cells, *, one=20.0, exponent=1.1, sigma=0.04, kappa=0.002, tau=0.2, fixed=0.0):
    return [
        one
        / (mp**exponent + fixed)
        * w
        / (1 + sigma * (w - 1) + kappa * w * (w - 1))
        * t
        / (1 + tau * (t - 1))
        for mp, w, t in cells
    ]


def test_exact_rates_give_their_coefficients():
    law = fit_throughput_law(CELLS, truth(CELLS, fixed=0.05))
    found = (law.one_ips, law.exponent, law.sigma, law.kappa, law.tau, law.fixed)
    assert found == pytest.approx((20, 1.1, 0.04, 0.002, 0.2, 0.05), rel=1e-3)


def test_a_held_out_cell_is_predicted_at_the_confidence_of_its_interval():
    rng = np.random.default_rng(7)
    held = (4.0, 6, 1)
    hits = 0
    for _ in range(200):
        noisy = np.array(truth(CELLS)) * np.exp(0.03 * rng.standard_normal(len(CELLS)))
        rate, low, high = fit_throughput_law(CELLS, noisy).predict([held])
        measured = truth([held])[0] * math.exp(0.03 * rng.standard_normal())
        hits += low[0] <= measured <= high[0]
        assert rate[0] == pytest.approx(truth([held])[0], rel=0.10)
    assert 0.91 <= hits / 200 <= 0.98


def test_what_the_points_cannot_show_is_left_out():
    cells = [(mp, w, 1) for mp in (0.5, 1, 2) for w in (1, 2)]
    law = fit_throughput_law(cells, truth(cells, kappa=0))
    assert (law.kappa, law.tau, law.fixed, law.n_fitted) == (0, 0, 0, 3)
    one_size = fit_throughput_law([(1, 1, 1), (1, 2, 1)], [10, 19])
    assert (one_size.exponent, one_size.n_fitted) == (1, 2)
    assert np.isnan(one_size.predict([(2, 2, 1)])[1]).all()


def test_super_linear_rates_give_no_negative_coefficient():
    law = fit_throughput_law([(1, w, t) for w in (1, 2, 4, 8) for t in (1, 2)], [1, 3, 3, 9, 9, 20, 20, 50])
    assert min(law.sigma, law.kappa, law.tau, law.fixed) >= 0


def test_rates_that_are_no_numbers_are_left_out():
    assert fit_throughput_law([(1, 1, 1), (1, 2, 1)], [10, math.nan]).n == 1
    assert fit_throughput_law([(1, 1, 1)], [math.nan]) is None
    with pytest.raises(InvalidValue, match="one throughput"):
        fit_throughput_law([(1, 1, 1)], [1.0, 2.0])
