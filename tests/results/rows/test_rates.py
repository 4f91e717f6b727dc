"""Measured rows become tables of throughput over workers and threads."""

import pytest

from tests.results.factory import MACHINE, OTHER_MACHINE, four_styles, make_measurement, too_large
from toolkit.results.rows.rates import machine_words, physical_cores, rate_tables


def test_rows_that_differ_in_workers_and_threads_are_one_table():
    measured = four_styles(megapixels=(1, 2), workers=(1, 2), threads=(1, 2))
    tables = rate_tables(measured)
    assert len(tables) == 8  # four styles, two sizes
    assert {len(table.points) for table in tables} == {4}
    assert [(point.threads, point.workers) for point in tables[0].points] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert len(rate_tables([*measured, make_measurement(fingerprint=OTHER_MACHINE)])) == 9


def test_settings_that_share_cores_are_not_fitted():
    (table,) = rate_tables(make_measurement(workers=n, threads=t) for n in (1, 2, 4) for t in (1, 2))
    assert table.cores == 2
    assert [p.workers for p in table.of_threads(1) if table.has_cores_for(p)] == [1, 2]
    assert table.law(1).beyond == (4,)
    assert table.law(2) is None  # one worker of two threads fills both cores


def test_a_point_has_latency_and_memory():
    (table,) = rate_tables([make_measurement(workers=2, blocks=6)])
    (point,) = table.points
    assert point.latency_p95.n_samples == 2 * 6 * 6
    assert point.latency_p95.low <= point.latency_p95.value <= point.latency_p95.high
    assert point.peak_bytes > 0
    assert point.rate.has_interval


def test_wrong_pictures_and_rows_without_a_time_are_left_out():
    skipped = make_measurement(backend="torch", status="skipped", cause="unavailable", note="not here")
    assert rate_tables([too_large(), skipped]) == []


@pytest.mark.parametrize(
    ("cpu", "cores"),
    [({"physical_allowed": None, "allowed": 4}, 4), ({"physical_allowed": 2, "quota": 0.5}, 1), ({}, None)],
)
def test_cores_follow_from_what_the_fingerprint_says(cpu, cores):
    assert physical_cores({"cpu": cpu}) == cores


def test_a_machine_in_words():
    assert machine_words(MACHINE).startswith("Example CPU, 2 physical cores, 17 GB")
