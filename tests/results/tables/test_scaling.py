"""The table of laws: coefficients with intervals, the peak or why it is not known."""

import pytest

from tests.results.factory import later, line_of, make_measurement
from tests.results.plots.test_scaling import falling
from toolkit.results.rows.rate_file import read_rates
from toolkit.results.tables.scaling import laws_table, scaling_table


def test_a_peak_has_its_interval():
    table = scaling_table(falling())
    (row,) = table.frame.to_dict("records")
    assert row["law"] == "USL"
    assert row["kappa_low"] <= 0.01 <= row["kappa_high"]
    assert row["peak_workers_low"] <= 10 <= row["peak_workers_high"]
    assert "24 of 1 thread" in " ".join(table.text().split())


def test_rows_that_were_measured_apart_are_named():
    rows = [make_measurement(workers=n) for n in (1, 2)]
    assert "apart" not in scaling_table(rows).text()
    moved = [rows[0], later(rows[1], hours=2)]
    assert "measured apart" in scaling_table(moved).text().lower()


def test_two_cores_are_not_enough_for_a_peak():
    table = scaling_table([make_measurement(workers=n) for n in (1, 2)])
    assert "not known" in line_of(table, "Amdahl")
    assert "2 were fitted" in table.text()
    assert table.frame.sigma[0] == pytest.approx(0.12, abs=0.03)


def test_the_published_table_leaves_out_what_lies_beyond_the_cores():
    table = laws_table(read_rates("animeganv2_14_cores"))
    assert table.frame.workers_beyond_cores[0] == "28"
    assert "28 of 1 thread" in table.text()


def test_a_busy_machine_and_single_counts_have_no_law():
    busy = [
        make_measurement(workers=n, suspect=("other processes used 1.0 of 2 processors",)) for n in (1, 2)
    ]
    assert "busy" in scaling_table(busy).title
    for measured in (busy, [make_measurement()]):
        table = scaling_table(measured)
        assert not table.rows and "needs two" in table.text()
