"""Laws of throughput over workers: what they predict, how often their bands are right, what they refuse to say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import least_squares

from benchmarks.scaling import simulated_coverage
from toolkit.analysis.scaling_laws import fit_scaling_law
from toolkit.analysis.stats import geometric_mean
from toolkit.core.errors import InvalidValue
from toolkit.results.rows.rate_file import read_rates


def usl(workers, *, one, sigma, kappa):
    n = np.asarray(workers, dtype=float)
    return one * n / (1 + sigma * (n - 1) + kappa * n * (n - 1))


def test_the_bands_cover_the_truth_at_their_confidence():
    coverage = simulated_coverage(tables=150, replicates=200)
    assert 0.91 <= coverage["band"] <= 0.98
    assert coverage["negative"] == 0


def test_the_published_table_is_predicted_within_a_tenth_and_28_workers_lie_beyond_the_cores():
    (table,) = read_rates("animeganv2_14_cores")
    rates = {point.workers: point.rate.value for point in table.points}
    law = fit_scaling_law([1, 4, 8], [rates[n] for n in (1, 4, 8)], most_workers=table.cores)
    predicted, low, high = law.predict([14])
    assert predicted[0] == pytest.approx(rates[14], rel=0.10)
    assert low[0] <= rates[14] <= high[0]
    assert [n for n in rates if law.is_beyond_cores(n)] == [28]
    assert table.law(threads=1).beyond == (28,)
    assert table.law(threads=1).workers == (1, 4, 8, 14)


def test_errors_are_relative():
    """The same fit as least squares of log throughput, within the square of the noise."""
    counts = [1, 2, 3, 4, 6, 8, 12, 16]
    noise = np.exp(0.03 * np.random.default_rng(2).standard_normal(8))
    rates = usl(counts, one=10, sigma=0.05, kappa=0.004) * noise

    def residuals(given):
        return np.log(usl(counts, one=given[0], sigma=given[1], kappa=given[2]) / rates)

    oracle = least_squares(residuals, [rates[0], 0.1, 0.01], bounds=([0, 0, 0], np.inf)).x
    law = fit_scaling_law(counts, rates)
    assert law.name == "USL"
    assert [law.one_ips.value, law.sigma.value, law.kappa.value] == pytest.approx(oracle, rel=0.03)


def test_the_usl_is_chosen_only_where_throughput_falls_back():
    counts = [1, 2, 4, 6, 8, 12, 16, 24]
    noise = np.exp(0.01 * np.random.default_rng(3).standard_normal(8))
    amdahl = fit_scaling_law(counts, usl(counts, one=10, sigma=0.1, kappa=0) * noise)
    falling = fit_scaling_law(counts, usl(counts, one=10, sigma=0.05, kappa=0.01) * noise)
    assert (amdahl.name, falling.name) == ("Amdahl", "USL")
    assert amdahl.why_no_peak and math.isinf(amdahl.peak.value)
    assert not falling.why_no_peak
    assert falling.peak.low <= math.sqrt(0.95 / 0.01) <= falling.peak.high


def test_super_linear_and_falling_rates_give_no_negative_coefficient():
    for rates in ([1, 2.4, 5.5, 12], [10, 6, 3, 1.5]):
        law = fit_scaling_law([1, 2, 4, 8], rates)
        assert min(law.sigma.low, law.kappa.low, law.sigma.value, law.kappa.value) >= 0
        assert np.isfinite(law.predict([1, 8, 16])).all()


def test_two_cores_cannot_tell_where_the_peak_is():
    blocks = {1: [10.0, 10.2, 9.9], 2: [19.0, 19.2, 18.6]}
    law = fit_scaling_law([*blocks], [geometric_mean(rates) for rates in blocks.values()], most_workers=2)
    assert law.name == "Amdahl"
    assert law.has_band
    assert law.sigma.low <= 0.05 <= law.sigma.high
    assert "2 workers fit" in law.why_no_peak


def test_without_blocks_two_points_have_no_band_and_one_has_no_law():
    law = fit_scaling_law([1, 2], [10, 19])
    assert not law.has_band
    assert np.isnan(law.predict([2])[1]).all()
    assert fit_scaling_law([1, 2], [10, math.nan]) is None
    assert fit_scaling_law([2, 4], [10, 18], most_workers=2) is None


@pytest.mark.parametrize("workers", [[1, 1], [0, 1], [1, 2, 3]])
def test_wrong_tables_are_refused(workers):
    with pytest.raises(InvalidValue):
        fit_scaling_law(workers, [1.0, 2.0])
