"""`collect` measures the trials that are not in the store, and no others."""

from __future__ import annotations

import dataclasses

import pytest

import toolkit as tk
from toolkit.core.errors import InvalidValue, UnknownName
from toolkit.studies.collection import collect

TINY = {"operations": ("pencil_sketch",), "images": ("chelsea",)}


@pytest.fixture
def store(tmp_path):
    return tk.Store(tmp_path / "store.sqlite")


def test_a_second_call_measures_nothing_and_gives_the_same(store):
    grids = (tk.Grid(**TINY, megapixels=(0.01,)), ["pencil_sketch:images=chelsea,megapixels=0.005"])
    first = collect(*grids, store=store)
    assert (first.n_now, first.n_earlier, first.n_left) == (2, 0, 0)
    assert [m.trial.megapixels for m in first.measurements] == sorted(
        m.trial.megapixels for m in first.measurements
    )
    second = collect(*grids, store=store)
    assert (second.n_now, second.n_earlier) == (0, 2)
    assert [m.samples_s for m in second.measurements] == [m.samples_s for m in first.measurements]
    assert str(second).startswith(
        f"2 of 2 trials were measured earlier, the oldest at {second.earliest[:10]}"
    )


def test_an_answer_of_other_sources_is_measured_again_and_said(store, tmp_path):
    grid = tk.Grid(**TINY, megapixels=(0.005,))
    (now,) = collect(grid, store=store).measurements
    before = tk.Store(tmp_path / "before.sqlite")
    before.add(dataclasses.replace(now, environment_id="0" * 12))
    again = collect(grid, store=before)
    assert (again.n_now, again.n_changed) == (1, 1) and "have changed" in str(again)
    assert collect(grid, store=before).n_changed == 0


def test_a_trial_of_two_grids_is_measured_once(store):
    grid = tk.Grid(**TINY, megapixels=(0.005,))
    found = collect(grid, grid, grid.trials(), store=store)
    assert len(found.measurements) == len(store) == 1


def test_operations_of_one_size_are_measured_in_the_given_order(store):
    names = ["pencil_sketch", "bicubic"]
    found = collect([f"{name}:images=chelsea,megapixels=0.005" for name in names], store=store)
    assert [m.trial.operation for m in found.measurements] == names


def test_trials_beyond_the_budget_are_counted_and_measured_by_the_next_call(store):
    grid = tk.Grid(**TINY, megapixels=(0.005, 0.01))
    found = collect(grid, store=store, budget_s=0.0)
    assert found.n_left == 2 - len(found.measurements) > 0
    assert "run again to go on" in str(found)
    assert collect(grid, store=store).n_left == 0


def test_an_invalid_trial_measures_nothing(store):
    with pytest.raises(UnknownName):
        collect(["pencil_sketch:megapixels=0.005", "pencil_scetch"], store=store)
    with pytest.raises(InvalidValue):
        collect(["pencil_sketch:megapixels=-1"], store=store)
    assert len(store) == 0
