"""The process that keeps an executor busy: its callers begin together and wait for each other's end."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.images.image import content_hash
from toolkit.workers.process import WorkerFailed, WorkerProcess, thread_environment


@pytest.fixture
def load(trial):
    with WorkerProcess(
        thread_environment(trial.placement, trial.runtime), program="toolkit.workers.load"
    ) as process:
        yield process


def test_callers_work_side_by_side_until_each_has_made_enough_calls(load, trial, inputs, tmp_path):
    asked = trial.with_(executor="threads", workers=2, images=("coffee", "rocket"))
    load.ask("open", trial=asked.to_dict(), inputs=inputs.paths(asked), turn=0, timeout_s=60)
    assert len(load.ask("first", timeout_s=60)) == 2
    runs = load.ask("steady", seconds=0.0, least=4, most=4, timeout_s=60)
    assert [len(run["samples_s"]) >= 4 for run in runs] == [True, True]
    (one, two) = ((run["starts_s"][0], run["starts_s"][-1] + run["samples_s"][-1]) for run in runs)
    assert max(one[0], two[0]) < min(one[1], two[1])
    assert all(set(run["outputs"]) == {"coffee", "rocket"} for run in runs)
    for worker, run in enumerate(runs):
        file = tmp_path / f"{worker}.npy"
        load.ask("keep", worker=worker, photo="rocket", path=str(file), number=0, timeout_s=60)
        assert run["outputs"]["rocket"] == [content_hash(np.load(file))]
    assert runs[0]["outputs"] == runs[1]["outputs"]


def test_what_cannot_be_opened_is_said(load, trial, inputs):
    asked = trial.with_(executor="inline", workers=2)
    with pytest.raises(WorkerFailed, match="workers"):
        load.ask("open", trial=asked.to_dict(), inputs=inputs.paths(asked), turn=0, timeout_s=60)
