"""A bar for each stage that took place, in the order of a picture's way; the longest has another colour."""

from __future__ import annotations

import numpy as np

from tests.results.drawn import pixels_of
from toolkit.results.plots.batch import batch_stages_plot
from toolkit.results.plots.nothing import Nothing

STAGES_S = {"write": 0.1, "read": 0.1, "decode": 0.3, "run": 0.5, "encode": 1.0}


def test_a_bar_for_each_stage_and_the_longest_stands_out():
    chart = batch_stages_plot(STAGES_S)
    (axes,) = chart.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "read",
        "decode",
        "run",
        "encode",
        "write",
    ]
    widths = [bar.get_width() for bar in axes.patches]
    assert np.allclose(np.divide(widths, widths[3]), [0.1, 0.3, 0.5, 1, 0.1])
    colors = [bar.get_facecolor() for bar in axes.patches]
    assert colors.count(colors[3]) == 1 and len(set(colors)) == 2
    assert "encode: 1.00 s, 50 %" in chart.alt


def test_nothing_reaches_the_edge():
    pixels = pixels_of(batch_stages_plot(STAGES_S))
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edge == 255).all()


def test_a_run_that_made_nothing_is_a_sentence():
    assert isinstance(batch_stages_plot({}), Nothing)
