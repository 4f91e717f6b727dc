"""Bars of stages: what they add up to, what is marked."""

from __future__ import annotations

import pytest

from tests.results.drawn import has_white_edges, legend_of
from tests.results.model_rows import anime_rows, matte_rows, model_row
from toolkit.results.plots.pipeline import pipeline_plot


def test_the_bars_of_a_row_add_up_to_its_time():
    picture, once = pipeline_plot(matte_rows()).axes
    assert picture.get_xlabel().endswith(", ms") and once.get_xlabel().endswith(", s")
    widths = [bar.get_width() for bar in picture.patches]
    assert len(widths) == 5 * 5 and sum(widths[:5]) == pytest.approx(59)
    assert picture.texts[0].get_text() == "59.0 ms, infer 14 %"


def test_untrained_and_reloaded_rows_are_named():
    names = [text.get_text() for text in pipeline_plot(anime_rows()).axes[0].get_yticklabels()]
    assert len(names) == 9 and all("untrained" in name for name in names)
    assert any(
        "reload=true" in text.get_text() for text in pipeline_plot(matte_rows()).axes[0].get_yticklabels()
    )


def test_a_wrong_row_is_hatched():
    right, wrong = matte_rows()[:2]
    wrong = model_row(
        "matting", "torch", latency_ms=9, status="failed", cause="disagreed", note="It differs.",
        size=(1440, 1080), pipeline_ms={"infer": 9},
    )  # fmt: skip
    chart = pipeline_plot([right, wrong])
    assert sum(bool(bar.get_hatch()) for bar in chart.axes[0].patches) == 5
    assert "time to a wrong picture" in legend_of(chart)


@pytest.mark.parametrize("rows", [anime_rows, matte_rows])
def test_nothing_is_clipped(rows):
    chart = pipeline_plot(rows())
    assert has_white_edges(chart) and "from file to file" in chart.alt


def test_rows_without_stages_give_a_sentence_and_no_chart():
    said = str(pipeline_plot([model_row("bicubic", "opencv", latency_ms=3)]))
    assert "not drawn, because no measurement has times of its stages" in said
