"""Orders of rows."""

from __future__ import annotations

from tests.results.factory import body_of
from tests.results.model_rows import NO_INT8, anime_rows
from toolkit.results.tables.measurements import results_table


def test_the_fastest_comes_first_what_failed_or_was_skipped_last():
    table = results_table(anime_rows())
    lines = body_of(table)
    assert "openvino" in lines[0] and " *2" in lines[0] and " x 5." in lines[0]
    assert "failed [1]" in lines[-2] and "~~" in lines[-2] and "skipped [2]" in lines[-1]
    assert f"[2] {NO_INT8}" in table.text()
    assert sum("baseline" in line for line in lines) == 1
    assert list(table.frame["latency_s"][:9]) == sorted(table.frame["latency_s"][:9])
