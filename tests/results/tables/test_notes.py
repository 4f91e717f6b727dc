"""The sentences below the main table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.results.factory import OTHER_MACHINE, four_styles, later, line_of, make_measurement
from toolkit.results.tables.measurements import results_table


def test_mirror_tiled_photos_are_said():
    assert "mirrored copies to reach 2.0, 4.0 MP" in results_table(four_styles(megapixels=(1, 2, 4))).text()


def test_machines_are_named_and_not_compared():
    here = make_measurement(latency_s=1.0)
    there = make_measurement(latency_s=0.2, workers=2, fingerprint=OTHER_MACHINE)
    table = results_table([here, there])
    assert table.frame["environment"].nunique() == 2
    assert "2 environments" in table.text() and "not compared" in table.text()
    assert "<strong>" not in table.html() and table.frame["efficiency"].notna().sum() == 1
    for environment in table.frame["environment"]:
        assert environment in table.html()
    assert "environment" not in results_table([here]).text()


def test_an_older_answer_to_the_same_trial_is_left_out_and_said_so():
    old = make_measurement(latency_s=5.0, environment_id="before the edit")
    table = results_table([old, make_measurement(latency_s=1.0)])
    assert len(table.rows) == 1 and table.frame["latency_s"][0] == pytest.approx(1.0, rel=0.05)
    assert "1 older row" in table.text()


def test_rows_measured_apart_are_marked_and_the_command_that_compares_them_is_named():
    base = make_measurement(latency_s=0.3)
    apart = later(make_measurement(backend="numba", latency_s=0.1), minutes=11)
    table = results_table([base, apart])
    assert "apart" in line_of(table, "numba")
    assert f"atelier compare {base.trial} {apart.trial}" in table.html()
    assert "<strong>" not in table.html()  # no best row
    assert table.frame["speedup"].isna().all()
    assert "apart" not in results_table([base, make_measurement(backend="numba")]).text()


def test_a_third_row_that_stays_apart_gets_the_command_that_measures_all_again():
    compared = [make_measurement(latency_s=0.3), make_measurement(backend="numba", latency_s=0.1)]
    third = later(make_measurement(backend="numpy", latency_s=0.9), minutes=11)
    shown = results_table([*compared, third]).html()
    assert "atelier bench stylization" in shown and "--fresh" in shown
    assert all(backend in shown.partition("atelier bench")[2] for backend in ("opencv", "numba", "numpy"))


def test_agreement_on_crops_is_said():
    whole = make_measurement(latency_s=1.0)
    assert "crops" not in results_table([whole]).text()
    assert whole.agreement is not None
    on_crops = replace(whole, agreement=replace(whole.agreement, crops=16))
    assert "16 crops of the full-size output" in " ".join(results_table([on_crops]).text().split())
