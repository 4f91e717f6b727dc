"""Trials without their published weights: said with source and checksum, and measured untrained on request."""

from __future__ import annotations

import pytest

from toolkit.bench.missing_weights import untrained, why_missing
from toolkit.bench.sweep import Grid
from toolkit.contracts.checked_trial import make_trial
from toolkit.core.errors import InvalidValue


@pytest.fixture(autouse=True)
def no_weights_here(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("ATELIER_WEIGHTS", raising=False)


def test_a_sentence_names_source_and_checksum():
    said = why_missing(make_trial("carn_m", "torch"))
    assert "nmhkahn/CARN-pytorch @ 40d3514f81cc" in said and "sha256:d48a759a" in said


def test_what_nobody_published_is_said_without_a_source():
    unet = make_trial("matting", "torch", params={"model": "unet"})
    assert why_missing(unet) == "no weights are published for unet."
    assert why_missing(untrained(unet)) == ""


@pytest.mark.parametrize("trial", [("oil_painting", "opencv"), ("lapsrn", "opencv_dnn")])
def test_nothing_stands_in_for_what_has_no_network_of_ours(trial):
    assert why_missing(make_trial(*trial)) == ""


def test_a_grid_takes_seeded_weights_where_it_may():
    asked = Grid(operations=("fsrcnn", "oil_painting"), backends=("opencv",), untrained_where_missing=False)
    assert [dict(t.params).get("weights") for t in asked.trials()] == [None, None]
    allowed = Grid(operations=("fsrcnn", "oil_painting"), backends=("opencv",), untrained_where_missing=True)
    assert [dict(t.params).get("weights") for t in allowed.trials()] == ["untrained", None]
    assert len(allowed.missing_weights()) == 1 and "FSRCNN_x" in allowed.missing_weights()[0]


def test_the_stand_in_is_the_same_question_otherwise():
    trial = make_trial("fsrcnn", "torch", params={"scale": 4}, threads=2, size=(48, 32), batch=3)
    other = untrained(trial)
    assert dict(other.params) == {"scale": 4, "weights": "untrained"}
    assert other.with_(params=trial.params) == trial


def test_weights_that_are_there_are_taken(real_weights, monkeypatch):
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    grid = Grid(operations=("fsrcnn", "carn_m"), backends=("torch",), untrained_where_missing=True)
    assert grid.missing_weights() == []
    assert all("weights" not in dict(trial.params) for trial in grid.trials())


def test_wrong_weights_are_their_trials_to_tell_and_a_wrong_folder_concerns_all(tmp_path, monkeypatch):
    grid = Grid(operations=("fsrcnn", "oil_painting"), backends=("opencv",), untrained_where_missing=True)
    (tmp_path / "FSRCNN_x3.pb").write_bytes(b"half a file")
    monkeypatch.setenv("ATELIER_WEIGHTS", str(tmp_path))
    assert grid.missing_weights() == []
    assert all("weights" not in dict(trial.params) for trial in grid.trials())
    monkeypatch.setenv("ATELIER_WEIGHTS", str(tmp_path / "nowhere"))
    with pytest.raises(InvalidValue, match="ATELIER_WEIGHTS must name a folder"):
        grid.trials()
