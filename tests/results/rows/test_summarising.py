"""From measurements to rows."""

from __future__ import annotations

import pytest

from tests.results.factory import make_measurement, timed
from toolkit.results.rows.summarising import newest_rows, summarise
from toolkit.results.tables.measurements import results_table


def test_the_estimate_is_taken_after_the_warm_up() -> None:
    slow_start = timed(make_measurement(), [3.0, 2.0, *[1.0, 1.001, 0.999] * 4])
    table = results_table([slow_start])
    assert table.frame["latency_s"][0] == pytest.approx(1.001, rel=0.002)
    assert table.frame["warm_up_calls"][0] == 2
    assert "warm-up left out: the first call of each process and the next 2." in table.text()


def test_rows_that_were_summarised_pass_through_unchanged() -> None:
    rows = summarise([make_measurement(), make_measurement(workers=2)])
    for again in (summarise(rows), newest_rows(rows), summarise(rows[:1])):
        assert {id(row) for row in again} <= {id(row) for row in rows}
