"""Formatting of durations, sizes and other numbers."""

from __future__ import annotations

import math

import pytest

from toolkit.core import units


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.9996e-3, "1.00 ms"),
        (9.996, "10.0 s"),
        (0.0, "0 s"),
        (119.6, "120 s"),
        (3 * 3600 + 300, "3 h 05 min"),
    ],
)
def test_seconds_at_the_edges(value, text):
    assert units.seconds(value) == text


@pytest.mark.parametrize(
    "show", [units.seconds, units.byte_count, units.ratio, units.percent, units.decibels, units.number]
)
@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_is_not_a_number_is_not_available(show, value):
    assert show(value) == "n/a"


def test_a_column_takes_the_unit_of_its_smallest():
    assert units.time_unit([2.0, 60.0, None, math.nan]) == (1.0, "s")
    assert units.time_unit([0.0005, 0.009]) == (1e-6, "µs")
    assert units.time_unit([0.0005, 0.09]) == (1e-3, "ms")  # 90000 µs are read less well than 0.5 ms
    assert units.time_unit([0.0005, 15.0]) == (1e-3, "ms")  # 0.0005 s would be
    assert units.time_unit([0.0005, 60.0]) == (1e-3, "ms")  # 60000000 µs is not to be read
    assert units.time_unit([]) == (1e-3, "ms")


def test_negative_numbers_keep_their_sign():
    assert units.number(-12.345) == "-12.3"


def test_sizes_are_short():
    sizes = (0.049928, 0.1, 0.25, 0.5, 0.9988, 1.0004, 12.19)
    assert [units.megapixels(size) for size in sizes] == ["0.05", "0.1", "0.25", "0.5", "1.0", "1.0", "12.2"]
