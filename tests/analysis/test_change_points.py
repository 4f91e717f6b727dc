"""Changes that are planted in simulated runs are found and dated, and quiet series raise nothing."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.history_series import ours, simulated
from toolkit.analysis.change_points import JUDGED_FROM, change_points
from toolkit.core.errors import InvalidValue


def quiet(n: int, *, seed: int = 0, noise: float = 0.01) -> np.ndarray:
    return 0.2 * np.exp(noise * np.random.default_rng(seed).standard_normal(n))


def test_simulated_nights_raise_few_alerts_and_hide_few_changes() -> None:
    """The short form of ``make bench-history``."""
    rates = ours(simulated(60, seed=5))
    assert rates.false_per_1000 <= 2.5  # 1 in the long form; 60 series have 3660 judged runs
    assert rates.steps_found >= 0.8 and rates.drifts_found >= 0.9


def test_a_step_is_dated_with_its_size_and_intervals() -> None:
    values = quiet(40)
    values[25:] *= 1.1
    (change,) = change_points(values)
    assert change.at == 25 and change.earliest <= 25 <= change.latest
    assert change.is_slower and change.low < 1.1 < change.high
    assert 25 + 2 <= change.seen < 25 + 6


def test_a_run_that_got_faster_is_a_change_too() -> None:
    values = quiet(40)
    values[25:] *= 0.9
    (change,) = change_points(values)
    assert not change.is_slower and change.at == 25


def test_a_change_and_its_return_are_two_changes() -> None:
    values = quiet(60)
    values[25:40] *= 1.15
    assert [(change.at, change.is_slower) for change in change_points(values)] == [(25, True), (40, False)]


def test_spikes_of_one_run_are_no_change() -> None:
    values = quiet(60)
    values[[20, 27, 28, 45]] *= 1.2
    assert change_points(values) == []


def test_a_week_is_no_change() -> None:
    values = quiet(70, noise=0.005)
    values[np.arange(70) % 7 < 5] *= 1.04
    assert change_points(values) == []


def test_runs_that_failed_are_no_part_of_the_series() -> None:
    values = quiet(40)
    values[25:] *= 1.1
    with_gaps = np.insert(values, [3, 30], np.nan)
    (change,) = change_points(with_gaps)
    assert change.at == 26  # one more run before it


def test_nothing_is_judged_before_the_tenth_run() -> None:
    values = [1.0] * 5 + [2.0] * 4
    assert len(values) == JUDGED_FROM - 1
    assert change_points(values) == []


def test_what_was_judged_night_by_night_equals_what_is_judged_at_once() -> None:
    for seed in range(4):
        values = quiet(80, seed=seed)
        values[30:] *= 1.08
        values[60:] *= 0.9
        known: list = []
        for n in range(1, values.size + 1):
            known = change_points(values[:n], known=known, n_judged=n - 1)
        assert known == change_points(values)
        assert len(known) >= 2


def test_as_many_days_as_runs_are_needed() -> None:
    with pytest.raises(InvalidValue, match="days"):
        change_points([1.0, 2.0], days=[1])
