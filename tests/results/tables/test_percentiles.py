"""Percentiles of latency."""

from __future__ import annotations

from tests.results.factory import make_measurement, timed
from toolkit.results.tables.percentiles import percentile_table


def test_percentiles_are_claimed_as_far_as_the_calls_allow() -> None:
    few = timed(make_measurement(threads=1), [1.0, 1.1, 0.9, 1.05, 0.95, 1.02] * 2)
    many = timed(make_measurement(threads=2), [1.0 + 0.001 * (n * 37 % 100) for n in range(100)])
    lines = [line for line in percentile_table([few, many]).text().splitlines() if "stylization" in line]
    assert lines[0].split()[4] == "36" and "≥" in lines[0]
    assert lines[1].split()[4] == "300" and lines[1].count("≥") <= 1
