"""Every stored measurement has a point of its series."""

from __future__ import annotations

from dataclasses import replace

from tests.results.factory import make_measurement
from toolkit.results.store.points import series_digest
from toolkit.results.store.store_file import StoreFile


def _points(store):
    return StoreFile(store.path).rows(
        "SELECT latency_s, began_s, is_suspect FROM points ORDER BY measurement"
    )


def test_a_point_has_the_latency_of_a_right_picture_alone(store):
    store.add(make_measurement(suspect=("load 3.1 on 2 cores",)))
    store.add(make_measurement("oil_painting", status="skipped", cause="unavailable", note="pip install x"))
    (timed, began, is_suspect), (nothing, *_) = _points(store)
    assert 0.5 < timed < 0.7 and began > 1.7e9 and is_suspect == 1
    assert nothing is None


def test_versions_and_plugins_do_not_change_the_series_and_settings_do():
    m = make_measurement()
    runtimes = {**m.fingerprint, "runtimes": {"numpy": "9"}}
    assert series_digest(replace(m, fingerprint=runtimes, environment_id="x")) == series_digest(m)
    assert series_digest(replace(m, trial=replace(m.trial, plugins=(("a.py", "b"),)))) == series_digest(m)
    assert series_digest(make_measurement(threads=2)) != series_digest(m)
