import math

import numpy as np
import pytest

from toolkit.analysis.variance import VarianceParts, allocate_iterations, variance_parts


def test_variance_parts_recover_planted_spreads():
    rng = np.random.default_rng(2)
    process = rng.normal(0, 0.03, (400, 1))
    parts = variance_parts(np.exp(process + rng.normal(0, 0.10, (400, 11))))
    assert math.sqrt(parts.within) == pytest.approx(0.10, rel=0.15)
    assert math.sqrt(parts.between) == pytest.approx(0.03, rel=0.3)
    assert math.isnan(variance_parts([[1.0, 2.0, 3.0]]).between)


def test_iterations_follow_variance_and_cost():
    def iterations(within: float, between: float, *, process_s: float = 1.0) -> int:
        return allocate_iterations(
            VarianceParts(within, between), process_cost_s=process_s, iteration_cost_s=0.01
        )

    assert iterations(4e-4, 1e-4) == 27  # sqrt(100 * pi / 2 * 4) = 25.07, the next odd number up
    assert iterations(1e-4, 1e-2) == 5
    assert iterations(4e-4, 1e-4, process_s=4.0) > iterations(4e-4, 1e-4)
    assert iterations(1e-2, 0.0, process_s=1000.0) == 101
    assert iterations(0.0, 0.0) == iterations(math.nan, math.nan) == 5
