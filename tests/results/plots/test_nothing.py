"""A plot without data is a sentence, in a notebook as in a report: a budget that ends early fails no notebook."""

from __future__ import annotations

import pytest

from tests.results.factory import make_measurement
from toolkit.apps.report import keep
from toolkit.results import plots, sentences, tables
from toolkit.results.plots.nothing import Nothing

SKIPPED = make_measurement(status="skipped", cause="unavailable", note="not here")
PLOTS = {
    "backend_plot": plots.backend_plot,
    "latency_plot": plots.latency_plot,
    "memory_plot": plots.memory_plot,
    "pipeline_plot": plots.pipeline_plot,
    "share_plot": lambda rows: plots.share_plot(rows, styles=["stylization", "oil_painting"]),
    "workers_plot": plots.workers_plot,
}
TABLES = ["growth_table", "pipeline_table", "results_table", "shrinking_table", "stages_table"]


@pytest.mark.parametrize("rows", [[], [SKIPPED]], ids=["no row", "a skipped row"])
@pytest.mark.parametrize("name", PLOTS)
def test_no_plot_is_drawn_without_data(name, rows, tmp_path, monkeypatch):
    monkeypatch.setenv("ATELIER_REPORT_FOLDER", str(tmp_path))
    found = keep("figure", PLOTS[name](rows))
    assert isinstance(found, Nothing) and "not drawn" in str(found)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", TABLES)
def test_tables_and_sentences_need_no_rows(name):
    assert getattr(tables, name)([]).html()
    assert "Nothing was measured" in str(sentences.conclude([]))
    assert "Nothing was measured" in str(sentences.conclude_models([]))
