"""The best setting of a sweep is compared, in turns, with a worker for each processor and libraries as they come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.results.factory import make_measurement
from toolkit.contracts.checked_trial import make_trial
from toolkit.core.errors import InvalidValue
from toolkit.machine.diagnosis import Finding
from toolkit.machine.hardware import allowed_cpus
from toolkit.studies.worker_guess import against_guess, best_trial, guessed

SMALL = {"megapixels": 0.01, "jitter": 0.0}


def test_the_guess_is_a_worker_and_a_thread_in_each_for_every_processor():
    trial = make_trial("anime", "onnxruntime", executor="micro_batch", batch=4)
    guess = guessed(trial)
    assert guess.workers == guess.placement.threads == allowed_cpus()
    assert (guess.executor, guess.batch, guess.picture_params) == ("processes", 1, trial.picture_params)
    assert dict(guess.placement.options) == {"spinning": True}  # as the library does by itself


def test_the_best_setting_does_not_ask_for_too_many_processors():
    few = make_measurement("oil_painting", executor="threads", workers=2, latency_s=0.1, **SMALL)
    many = make_measurement("oil_painting", workers=4, latency_s=0.1, **SMALL)
    crowded = replace(
        many, findings=(Finding("oversubscribed", "4 workers share 2 processors", "use fewer"),)
    )
    assert best_trial([few, crowded]) == few.trial
    with pytest.raises(InvalidValue, match="right picture"):
        best_trial([])


def test_both_are_measured_in_turns(tmp_path, monkeypatch):
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    best = make_measurement("oil_painting", executor="threads", latency_s=0.01, **SMALL)
    report = against_guess([best], budget_s=4.0)
    assert report is not None
    assert "executor=threads" in report.candidate and f"workers={allowed_cpus()}" in report.baseline
    assert report.verdict.n_rounds >= 1
    guess = replace(best, trial=guessed(best.trial))
    assert against_guess([guess], budget_s=4.0) is None
