"""Where the time of one picture goes."""

from __future__ import annotations

import pytest

from tests.results.model_rows import matte_rows, model_row
from toolkit.results.tables.pipeline import pipeline_table


def test_the_pipeline_adds_up_and_a_reloaded_model_stands_beside_the_kept_one():
    table = pipeline_table(matte_rows())
    headers = [column.header for column in table.columns]
    for row in table.rows:
        cells = dict(zip(headers, (cell.text for cell in row), strict=True))
        parts = [float(cells[s]) for s in ("decode", "preprocess", "infer", "postprocess", "encode")]
        assert sum(parts) == pytest.approx(float(cells["end to end"]), rel=0.01)
    assert any("reload=true" in cell.text for row in table.rows for cell in row)
    assert "loaded again for each picture" in table.text()


def test_rows_without_stages_are_not_in_the_pipeline():
    table = pipeline_table([model_row("anime", "torch", latency_ms=9)])
    assert table.rows == [] and "<table" in table.html()
