"""From measurements to rows."""

from __future__ import annotations

import pytest

from tests.results.factory import four_styles, make_measurement, timed
from tests.results.model_rows import super_resolution_rows
from toolkit.results import plots, rows, sentences, tables
from toolkit.results.rows import summarising
from toolkit.results.rows.summarising import newest_rows, summarise
from toolkit.results.tables.measurements import results_table


def test_the_estimate_is_taken_after_the_warm_up() -> None:
    slow_start = timed(make_measurement(), [3.0, 2.0, *[1.0, 1.001, 0.999] * 4])
    table = results_table([slow_start])
    assert table.frame["latency_s"][0] == pytest.approx(1.001, rel=0.002)
    assert table.frame["warm_up_calls"][0] == 2
    assert "warm-up left out: the first call of each process and the next 2 calls." in table.text()


def test_rows_that_were_summarised_pass_through_unchanged() -> None:
    found = summarise([make_measurement(), make_measurement(workers=2)])
    for again in (summarise(found), newest_rows(found), summarise(found[:1])):
        assert {id(row) for row in again} <= {id(row) for row in found}


def test_a_report_summarises_each_measurement_once(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    latency_of = summarising.latency_of
    monkeypatch.setattr(summarising, "latency_of", lambda m: taken.append(m) or latency_of(m))
    measurements = [*four_styles(megapixels=(0.5, 1, 2, 4)), *super_resolution_rows()]
    found = summarise(measurements)
    rows.metrics(found)
    sentences.conclude(found)
    sentences.conclude_models(found)
    for table in (
        *(tables.growth_table, tables.percentile_table, tables.pipeline_table, tables.results_table),
        *(tables.shrinking_table, tables.stages_table),
    ):
        table(found)
    for plot in (plots.latency_plot, plots.memory_plot, plots.workers_plot, plots.pareto_plot):
        plot(found)
    plots.backend_plot(found)
    plots.pipeline_plot(found)
    for choose in (rows.fastest_of_each, rows.each_precision, rows.each_way, rows.comparable):
        choose(found)
    assert len(taken) == len(measurements)


def test_every_row_has_a_key_of_its_own() -> None:
    measurement = make_measurement()
    found = summarise([measurement, measurement, make_measurement(threads=2)])
    assert len({row.key for row in found}) == 3
