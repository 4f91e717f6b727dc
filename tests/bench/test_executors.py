"""A sweep over all executors leaves out what cannot work, and refuses names that do not exist."""

from __future__ import annotations

import pytest

from tests.bench.small_grid import grid
from toolkit.bench.executors import GATHERING, executors_for
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import UnknownName


def test_all_are_those_of_this_machine_and_pictures_are_gathered_for_networks_alone():
    of_filter = executors_for(("all",), OPERATIONS["oil_painting"])
    assert of_filter[0] == "processes" and {"inline", "threads"} <= set(of_filter)
    assert not {GATHERING, "dask"} & set(of_filter)


def test_an_executor_has_only_the_workers_that_it_can_have():
    found = grid(executors=("inline", "threads"), workers=(1, 2), threads=(1,)).trials()
    assert {(t.executor, t.workers) for t in found} == {("inline", 1), ("threads", 1), ("threads", 2)}
    assert [t.workers for t in grid(executors=("inline",), workers=(2,)).trials()] == [2]


def test_only_processes_run_several_pictures_in_a_call_of_a_filter():
    found = grid(executors=("processes", "threads"), batches=(1, 4)).trials()
    assert {(t.executor, t.batch) for t in found} == {("processes", 1), ("processes", 4), ("threads", 1)}


def test_a_name_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(UnknownName, match="threads"):
        grid(executors=("theads",)).trials()
