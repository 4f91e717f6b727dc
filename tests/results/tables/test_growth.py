"""The exponent of latency against picture size."""

from __future__ import annotations

import pytest

from tests.results.factory import line_of, make_measurement, too_large
from toolkit.results.tables.growth import growth_table


def test_an_exponent_needs_four_right_sizes():
    right = [make_measurement(megapixels=size) for size in (0.5, 1, 2)]
    assert "n/a" in line_of(growth_table([*right, too_large(8), too_large(12.2)]), "stylization@opencv")
    table = growth_table([*right, make_measurement(megapixels=4), too_large(12.2, latency_s=0.001)])
    assert "4: 0.5 to 4.0 MP" in line_of(table, "stylization@opencv")
    row = table.frame.iloc[0]
    assert row["exponent_low"] <= row["exponent"] <= row["exponent_high"]
    assert row["exponent"] == pytest.approx(1.04, abs=0.01)


def test_on_a_busy_machine_no_exponent_is_given():
    doubt = ("other processes used 1.5 of 2 processors",)
    table = growth_table([make_measurement(megapixels=size, suspect=doubt) for size in (0.5, 1, 2, 4)])
    assert "n/a" in line_of(table, "stylization@opencv") and table.frame.iloc[0]["exponent"] is None
    assert any("busy" in note for note in table.notes)
