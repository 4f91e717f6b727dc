"""The mistakes made on purpose go wrong, and what the toolkit does instead does not."""

from __future__ import annotations

import statistics

import numpy as np
import pytest

from toolkit.core.errors import InvalidValue
from toolkit.studies.trust.demonstrations import (
    alarms_in_simulation,
    alarms_on_splits,
    in_turns,
    one_after_the_other,
)


def test_pooled_calls_raise_false_alarms_and_processes_do_not() -> None:
    rates = alarms_in_simulation(300)
    assert rates.pooled > 0.10
    assert rates.by_process < 0.05


def test_splits_of_the_same_processes_tell_the_same() -> None:
    rng = np.random.default_rng(1)
    levels = rng.normal(1.0, 0.02, (12, 1))
    rates = alarms_on_splits(levels * rng.normal(1.0, 0.005, (12, 20)))
    assert rates.pooled > 0.30
    assert rates.by_process < 0.06


def test_a_split_needs_processes() -> None:
    with pytest.raises(InvalidValue, match="six processes"):
        alarms_on_splits([[1.0, 1.1]] * 5)


def test_drift_fools_one_after_the_other_and_not_turns() -> None:
    runs = {f: [f(drift=0.05, seed=seed) for seed in range(40)] for f in (in_turns, one_after_the_other)}
    bias = {f: abs(statistics.fmean(run.verdict.ratio for run in each) - 1) for f, each in runs.items()}
    assert bias[in_turns] < 0.005
    assert bias[one_after_the_other] > 0.02
    assert all(run.verdict.outcome == "SLOWER" for run in runs[one_after_the_other])


def test_a_steady_machine_fools_neither() -> None:
    ratios = [one_after_the_other(drift=0.0, seed=seed).verdict.ratio for seed in range(40)]
    assert statistics.fmean(ratios) == pytest.approx(1, abs=0.005)
