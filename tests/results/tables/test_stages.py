"""The stages of a fresh process and of each picture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.results.factory import line_of, make_measurement
from tests.results.model_rows import matte_rows, model_row
from toolkit.results.tables.stages import pipeline_table, stages_table


def test_stages_stand_apart():
    table = stages_table([make_measurement(latency_s=0.1, jitter=0.0001)])
    row = line_of(table, "stylization@opencv").split()
    assert row[4:10] == ["80.0", "210", "50.0", "0.400", "130", "100"] and "x 1.30" in " ".join(row)


def test_first_calls_of_a_cold_and_a_warm_cache_stand_apart() -> None:
    plain = make_measurement()
    compiled = make_measurement(backend="numba")
    blocks = tuple(
        replace(
            block,
            workers=tuple(
                replace(run, observed={"cache": state}, stages_s={**run.stages_s, "first": first})
                for run in block.workers
            ),
        )
        for block, state, first in zip(
            compiled.blocks, ("cold", "warm", "warm"), (9.0, 0.5, 0.5), strict=True
        )
    )
    table = stages_table([plain, replace(compiled, blocks=blocks, cold_first_s=8.0)])
    assert "cold" in table.text() and "first call, warm cache" in table.html()
    frame = table.frame.set_index("backend")
    assert (frame["cold_first_s"]["numba"], frame["warm_first_s"]["numba"]) == (8.0, 0.5)
    assert "cold cache" not in stages_table([plain]).html()


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
