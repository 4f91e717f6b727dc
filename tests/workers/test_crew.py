"""The workers of a trial start, open, run and end together."""

import numpy as np
import psutil
import pytest

from toolkit.contracts.measurement import STAGES
from toolkit.images.image import content_hash
from toolkit.workers.crew import Crew
from toolkit.workers.process import WorkerFailed, WorkerProcess


def test_each_worker_answers_with_all_its_stages_and_calls(trial, inputs):
    with Crew(trial.with_(workers=2), timeout_s=60) as crew:
        crew.open(inputs.paths(trial))
        first_s = crew.first()
        runs = crew.steady(seconds=0.0, least=2, most=5)
        assert crew.pipeline_s() == [{}, {}]  # a filter has no pipeline stages
    assert [run.stages_s["first"] for run in runs] == first_s
    for run in runs:
        assert tuple(run.stages_s) == STAGES and min(run.stages_s.values()) >= 0
        assert len(run.samples_s) == len(run.starts_s) >= 2


def test_workers_may_open_one_picture_each(trial, inputs, tmp_path):
    photos = ("coffee", "rocket")
    with Crew(trial.with_(images=photos, workers=2), timeout_s=60) as crew:
        crew.open(inputs.paths(trial.with_(images=photos)), is_shared=False)
        crew.first()
        runs = crew.steady(seconds=0.0, least=1, most=1)
        for worker, photo in enumerate(photos):
            crew.keep(tmp_path / f"{photo}.npy", worker=worker, photo=photo)
    assert [tuple(run.outputs) for run in runs] == [("coffee",), ("rocket",)]
    for run, photo in zip(runs, photos, strict=True):
        assert run.outputs[photo] == [content_hash(np.load(tmp_path / f"{photo}.npy"))]


def test_all_are_gone_when_one_cannot_start(trial, monkeypatch):
    started = []

    class Second(WorkerProcess):
        def __init__(self, environment):
            if started:
                raise WorkerFailed("planted", "died")
            super().__init__(environment)
            started.append(self.pid)

    monkeypatch.setattr("toolkit.workers.crew.WorkerProcess", Second)
    with pytest.raises(WorkerFailed, match="planted"), Crew(trial.with_(workers=2), timeout_s=60):
        pass
    assert started and not psutil.pid_exists(started[0])
