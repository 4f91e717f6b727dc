"""The space of a search: what can run, what is left out with its reason, and which cells share a fault."""

from __future__ import annotations

import pytest

from toolkit.core.errors import InvalidValue
from toolkit.machine.hardware import allowed_cpus
from toolkit.studies.tune.objective import Objective, require_objective
from toolkit.studies.tune.space import default_trial, space_of


def test_a_filter_has_its_backends_and_threads_alone() -> None:
    space = space_of("oil_painting", size=(64, 48), images=("coffee",))
    assert {trial.backend for trial in space.trials} >= {"opencv", "numba"}
    assert {trial.placement.precision for trial in space.trials} == {"fp32"}
    assert {trial.workers for trial in space.trials} == {1}
    assert max(trial.placement.threads for trial in space.trials) == allowed_cpus()


def test_throughput_also_varies_workers_but_does_not_oversubscribe() -> None:
    space = space_of("oil_painting", minimize=Objective.THROUGHPUT, size=(64, 48), images=("coffee",))
    loads = [(trial.workers, trial.placement.threads) for trial in space.trials]
    assert max(workers for workers, _ in loads) == allowed_cpus()
    assert all(min(load) == 1 or load[0] * load[1] <= allowed_cpus() for load in loads)


def test_starts_are_one_plain_cell_of_each_backend_and_precision() -> None:
    space = space_of("anime", size=(64, 48), images=("coffee",), params={"weights": "untrained"})
    starts = [space.trials[cell] for cell in space.starts()]
    ways = [(trial.backend, trial.placement.precision) for trial in starts]
    assert len(ways) == len(set(ways))
    assert all(trial.placement.options == () for trial in starts)
    assert {trial.placement.threads for trial in starts} == {allowed_cpus()}


def test_a_wrong_picture_concerns_all_threads_but_no_other_precision() -> None:
    space = space_of("anime", size=(64, 48), images=("coffee",), params={"weights": "untrained"})
    cell = next(i for i, trial in enumerate(space.trials) if trial.placement.precision == "int8")
    group = [space.trials[int(one)] for one in space.same_picture(cell)]
    assert {trial.placement.precision for trial in group} == {"int8"}
    assert len({trial.placement.threads for trial in group}) == len(space.choices[3])


def test_parameters_that_vary_and_caps_are_cells_of_their_own() -> None:
    space = space_of(
        "oil_painting", size=(640, 480), images=("coffee",), vary={"size": [5, 7]}, caps_mp=[0.1]
    )
    pictures = {(trial.params, trial.steps) for trial in space.trials}
    assert len(pictures) == 4


def test_the_default_is_what_apply_runs() -> None:
    space = space_of("oil_painting", size=(64, 48), images=("coffee",))
    usual = default_trial(space.trials[0], params={})
    assert usual.placement.threads == allowed_cpus()
    assert usual.backend == "numba"
    assert usual in space.trials


def test_an_unknown_objective_is_refused_with_the_choices() -> None:
    with pytest.raises(InvalidValue, match="latency"):
        require_objective("beauty")
