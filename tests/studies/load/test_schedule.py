"""A schedule is drawn before anything is sent: the seed alone decides it."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.core.errors import InvalidValue
from toolkit.studies.load.schedule import schedule


def test_equal_seeds_give_equal_schedules() -> None:
    first, again, other = (schedule(rate_per_s=50, duration_s=4, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_poisson_gaps_are_exponential_and_fill_the_duration() -> None:
    due = schedule(rate_per_s=100, duration_s=100, seed=1)
    gaps = np.diff(due)
    assert len(due) == pytest.approx(10_000, rel=0.05)
    assert gaps.std() / gaps.mean() == pytest.approx(1.0, abs=0.05)
    assert (gaps >= 0).all() and due[-1] < 100


@pytest.mark.parametrize(("rate", "duration"), [(0.1, 1.0), (1e6, 1e3)])
def test_no_request_and_too_many_are_refused(rate: float, duration: float) -> None:
    with pytest.raises(InvalidValue, match="rate"):
        schedule(rate_per_s=rate, duration_s=duration)
