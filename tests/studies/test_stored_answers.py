"""Rows that are compared took turns: which stored measurements a call uses, and which are measured again."""

from __future__ import annotations

import pytest

import toolkit as tk
from toolkit.contracts.turns import took_turns
from toolkit.studies.collection import collect

TINY = {"operations": ("pencil_sketch",), "backends": ("opencv",), "images": ("chelsea",)}


@pytest.fixture
def store(tmp_path):
    return tk.Store(tmp_path / "store.sqlite")


def test_stored_trials_are_measured_again_with_new_ones_so_that_all_take_turns(store):
    grid = tk.Grid(**TINY, megapixels=(0.005,), threads=(1, 2))
    collect(grid.trials()[:1], store=store)
    both = collect(grid, store=store)
    assert (both.n_now, both.n_again) == (2, 1) and "take turns" in str(both)
    assert took_turns(*both.measurements)
    assert collect(grid, store=store).n_now == 0


def test_rows_that_took_turns_come_before_a_newer_row_that_was_measured_apart(store):
    grid = tk.Grid(**TINY, megapixels=(0.005,), threads=(1, 2))
    collect(grid, store=store)
    collect(grid.trials()[:1], store=store, fresh=True)
    again = collect(grid, store=store)
    assert again.n_now == 0 and took_turns(*again.measurements)
    (alone,) = collect(grid.trials()[:1], store=store).measurements
    assert alone.began > max(m.began for m in again.measurements)


def test_a_trial_that_cannot_run_here_makes_no_other_be_measured_again(store):
    (trial,) = tk.Grid(**TINY, megapixels=(0.005,)).trials()
    collect([trial], store=store)
    on_card = "fsrcnn@onnxruntime:device=cuda,weights=untrained,images=chelsea,input=32x32"
    beside = "fsrcnn@onnxruntime:weights=untrained,images=chelsea,input=32x32"
    collect([beside], store=store)
    found = collect([beside, on_card], store=store)
    assert (found.n_again, found.n_now) == (0, 1)
