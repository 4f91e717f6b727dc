"""Stored measurements keep their meaning when a default of their operation changes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.results.factory import make_measurement
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.notation import parse_trial
from toolkit.contracts.operation import OPERATIONS


def stored(trial: str, *, with_values: bool) -> dict:
    measurement = replace(make_measurement("pencil_sketch"), trial=parse_trial(trial))
    plain = json.loads(json.dumps(measurement.to_dict()))
    if not with_values:
        del plain["params"]  # as rows were stored before defaults changed
    return plain


@pytest.mark.parametrize(
    ("operation", "meant"),
    [
        ("pencil_sketch", {"shade_factor": 0.02}),
        ("edge_preserving", {"sigma_r": 0.4}),
        ("anime", {"style": "cartoongan_paprika"}),
        ("matting", {"model": "prisma", "output": "alpha"}),
    ],
)
def test_a_row_from_before_the_change_means_the_defaults_of_its_day(operation, meant):
    plain = stored("pencil_sketch@numba", with_values=False)
    plain["trial"]["operation"] = operation
    trial = Measurement.from_dict(plain).trial
    assert dict(trial.params) == meant
    assert trial.resolved == OPERATIONS[operation].resolve(meant)


def test_what_was_asked_for_is_kept():
    plain = stored("pencil_sketch@numba:tone=color", with_values=False)
    assert dict(Measurement.from_dict(plain).trial.params) == {"tone": "color", "shade_factor": 0.02}
    plain = stored("stylization@numba:sigma_s=20", with_values=False)
    assert Measurement.from_dict(plain).trial == parse_trial("stylization@numba:sigma_s=20")


@pytest.mark.parametrize("text", ["pencil_sketch@numba", "pencil_sketch@numba:shade_factor=0.02,tone=color"])
def test_a_row_comes_back_as_it_was_stored(text):
    trial = Measurement.from_dict(stored(text, with_values=True)).trial
    assert trial == parse_trial(text)


def test_a_default_may_change_again():
    plain = stored("pencil_sketch@numba", with_values=True)
    plain["params"]["sigma_s"] = 40.0  # the default of that day
    assert dict(Measurement.from_dict(plain).trial.params) == {"sigma_s": 40.0}


def test_a_row_of_a_plugin_that_is_not_loaded_is_read():
    plain = stored("pencil_sketch@numba:tone=color", with_values=True)
    plain["trial"]["operation"], plain["params"] = "not_loaded", None
    assert Measurement.from_dict(plain).trial.params == (("tone", "color"),)
