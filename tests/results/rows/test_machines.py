"""Rows of several machines beside each other: ratios, best ways, prices; never averages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.results.factory import MACHINE, OTHER_MACHINE, line_of, make_measurement
from toolkit.core.errors import InvalidValue
from toolkit.results.rows.machines import cost_per_1000, jobs, machines_of, read_prices, same_trials
from toolkit.results.rows.summarising import summarise
from toolkit.results.sentences.machines import conclude_machines
from toolkit.results.tables.machines import best_ways_table, machine_ratios_table


@pytest.fixture(scope="module")
def rows():
    here = [
        make_measurement("oil_painting", latency_s=0.2),
        make_measurement("oil_painting", latency_s=0.1, backend="numba"),
        make_measurement("pencil_sketch", latency_s=0.05),
    ]
    there = [
        make_measurement("oil_painting", latency_s=0.1, fingerprint=OTHER_MACHINE),
        make_measurement("pencil_sketch", latency_s=0.2, fingerprint=OTHER_MACHINE),
        make_measurement("color_pencil", fingerprint=OTHER_MACHINE),
    ]
    return summarise([*here, *there])


def test_a_trial_is_compared_where_two_machines_have_it(rows):
    found = same_trials(rows)
    assert [one.first.name for one in found] == ["oil_painting@opencv", "pencil_sketch@opencv"]
    another, example = machines_of(rows)
    assert found[0].ratio(example, another).value == pytest.approx(2.0, rel=0.05)
    assert found[0].ratio(example, another).low < 2.0 < found[0].ratio(example, another).high
    table = machine_ratios_table(rows)
    assert "x 2.0" in line_of(table, "oil_painting@opencv") or "x 1.9" in line_of(
        table, "oil_painting@opencv"
    )
    assert "no verdict" in str(table)


def test_each_machine_shows_its_best_way_and_what_pictures_cost(rows):
    another, example = machines_of(rows)
    oil, pencil = jobs(rows)
    assert oil.best[example].trial.backend == "numba" and pencil.fastest == example
    prices = read_prices(["0.36/h", "another=3.6/h"], [another, example])
    assert cost_per_1000(oil.best[example], prices[example]) == pytest.approx(0.01, rel=0.05)
    table = best_ways_table(rows, prices=prices)
    assert "*0.00" in line_of(table, "oil_painting") and "*10.1" in line_of(table, "oil_painting")
    said = str(conclude_machines(rows, prices=prices))
    assert "pencil_sketch" in said and "lowest cost" in said and "no verdict" in said


def test_one_machine_alone_says_how_to_bring_another(rows):
    mine = [row for row in rows if row.measurement.fingerprint == MACHINE]
    assert "merge" in str(conclude_machines(mine))
    assert machine_ratios_table(mine).rows == []


def test_a_busy_machine_is_left_out_and_named(rows):
    doubt = ("other processes used 1.5 of 2 processors",)
    busy = {**MACHINE, "cpu": {**MACHINE["cpu"], "model": "Busy CPU"}}
    third = make_measurement("oil_painting", latency_s=0.001, fingerprint=busy, suspect=doubt)
    measured = [*rows, third]
    another, example = machines_of(rows)
    assert all(set(job.best) == {another, example} for job in jobs(measured))
    said = str(conclude_machines(measured))
    assert "Busy CPU" in said and "do not use these figures" in said
    assert jobs([rows[0], third]) == [] and "do not use" in str(conclude_machines([rows[0], third]))


def test_a_failed_row_is_never_compared():
    wrong = make_measurement(fingerprint=OTHER_MACHINE, status="failed", cause="disagreed")
    assert same_trials([make_measurement(), wrong]) == []


def test_a_price_of_no_machine_is_refused(rows):
    with pytest.raises(InvalidValue, match="prices"):
        read_prices(["nobody=1/h"], machines_of(rows))
    with pytest.raises(InvalidValue, match="prices"):
        read_prices(["cheap"], machines_of(rows))


def test_a_named_machine_is_another_machine():
    named = replace(make_measurement(), fingerprint={**MACHINE, "node": "left"})
    assert len(machines_of([make_measurement(), named])) == 2
