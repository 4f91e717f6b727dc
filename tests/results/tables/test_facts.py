"""Names and values as a table."""

from __future__ import annotations

from toolkit.results.tables.facts import facts_table


def test_facts_are_flattened():
    text = facts_table({"cpu": {"model": "A", "quota": None}, "threads": [1, 2]}, title="Machine").text()
    assert "cpu.model" in text and "1, 2" in text
