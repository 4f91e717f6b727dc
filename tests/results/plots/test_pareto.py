"""What a reader can take from the chart of speed against quality."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from tests.results.drawn import has_white_edges, legend_of
from tests.results.model_rows import anime_rows, matte_rows, model_row, super_resolution_rows
from toolkit.contracts.turns import TURNS
from toolkit.results.plots.charts import look
from toolkit.results.plots.marks import backend_colors
from toolkit.results.plots.pareto import pareto_plot

CHARTS = {"anime": anime_rows, "enlarged": super_resolution_rows, "mattes": matte_rows}


def row(ms, quality=None, **given):
    quality = {} if quality is None else {"psnr_y_db": quality}
    return model_row("carn_m", given.pop("backend", "torch"), latency_ms=ms, quality=quality, **given)


def labels_of(chart):
    return [text for text in chart.axes[0].texts if isinstance(text, Annotation)]


def test_the_chart_says_what_it_shows():
    chart = pareto_plot(super_resolution_rows())
    axes = chart.axes[0]
    assert (
        axes.get_xscale() == "log"
        and "ms" in axes.get_xlabel()
        and axes.get_ylabel().startswith("PSNR-Y, dB")
    )
    legend = legend_of(chart)
    assert {"torch", "openvino", "fp32", "bf16", "int8", "peak 1.1 GB"} <= set(legend)
    assert any("Pareto front" in text for text in legend)
    assert "carn openvino fp32: 1.70 s, PSNR-Y 34.05 dB, on the Pareto front." in chart.alt
    assert pareto_plot(matte_rows()).axes[0].yaxis_inverted()


def test_colour_is_the_backend_and_shape_the_precision_and_area_the_memory():
    axes = pareto_plot([
        row(10, 30.0, backend="openvino", precision="int8", peak_mb=250),
        row(20, 33.0, backend="torch", precision="bf16", peak_mb=1000),
    ]).axes[0]  # fmt: skip
    colors = backend_colors(["openvino", "torch"])
    small, large = [line for line in axes.lines if line.get_marker() in ("s", "D")]
    assert (small.get_marker(), small.get_color()) == ("D", colors["openvino"])
    assert (large.get_marker(), large.get_color()) == ("s", colors["torch"])
    assert (large.get_markersize() / small.get_markersize()) ** 2 == pytest.approx(4)


def test_untrained_is_in_the_title_the_labels_and_the_words():
    chart = pareto_plot(anime_rows())
    assert "untrained" in chart.get_suptitle()
    assert all("untrained" in label.get_text() for label in labels_of(chart))
    assert chart.alt.count("untrained") > len(labels_of(chart))


@pytest.mark.parametrize("name", CHARTS)
def test_labels_cover_neither_each_other_nor_the_edge(name):
    with look():
        chart = pareto_plot(CHARTS[name]())
        canvas = FigureCanvasAgg(chart)
        canvas.draw()
        for label in labels_of(chart):
            label.update_positions(canvas.get_renderer())
        boxes = [Text.get_window_extent(label) for label in labels_of(chart)]
    covered = sum(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert len(boxes) >= 4 and covered == 0
    assert has_white_edges(chart)


def test_a_label_lies_beside_the_interval_of_its_point_and_of_others():
    rows = [
        row(ms, 30.0 + n / 100, backend=backend, jitter=0.4)
        for n, (ms, backend) in enumerate([(10, "openvino"), (14, "torch"), (20, "onnxruntime")])
    ]
    with look():
        chart = pareto_plot(rows)
        canvas = FigureCanvasAgg(chart)
        canvas.draw()
        texts = [Text.get_window_extent(label) for label in labels_of(chart)]
    axes = chart.axes[0]
    lines = [Bbox(axes.transData.transform(line.get_segments()[0])) for line in axes.collections]
    assert len(texts) == len(lines) == 3
    assert min(line.width for line in lines) > max(
        text.width for text in texts
    )  # there is something to avoid
    assert not any(text.overlaps(line) for text in texts for line in lines)


def test_of_several_models_each_is_named_and_not_each_way():
    shown = [label.get_text() for label in labels_of(pareto_plot(super_resolution_rows()))]
    assert "carn_m\nopenvino bf16" in shown and "bicubic\nopencv fp32" in shown
    assert not any("int8" in label for label in shown)  # slower and worse than another way of carn_m
    assert any("compile=true" in label for label in shown)  # which neither colour nor shape tells
    wrong = row(
        1, 20.0, backend="opencv_dnn", params=(("scale", 3),), size=(480, 320),
        status="failed", cause="disagreed", note="It differs.",
    )  # fmt: skip
    shown = [label.get_text() for label in labels_of(pareto_plot([*super_resolution_rows(), wrong]))]
    assert "carn_m\nopencv_dnn fp32" in shown


def test_agreement_has_an_axis_that_says_what_must_be_reached():
    def way(backend, precision, db):
        given = {"psnr_db": db, "max_abs": 0 if db is None else 60, "precision": precision}
        return model_row("matting", backend, latency_ms=20, params=(("model", "prisma"),), **given)

    axes = pareto_plot([way("openvino", "int8", 27.2), way("onnxruntime", "fp32", None)]).axes[0]
    low, high = axes.get_ylim()
    assert low < 27.2 and high > 60
    ticks = {text.get_text(): y for text, y in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)}
    assert ticks["equal"] > 60 and {"30", "40", "50"} <= set(ticks)
    (right,) = axes.child_axes
    assert [text.get_text() for text in right.get_yticklabels()] == ["fp32: 60", "int8: 35"]


def test_the_chart_says_when_its_times_are_not_to_be_ranked():
    doubt = ("other processes used 1.5 of 2 processors",)
    busy = pareto_plot([row(10, 30.0, suspect=doubt), row(20, 33.0, backend="openvino", suspect=doubt)])
    assert "busy" in busy.axes[0].get_xlabel() and "Pareto front" not in busy.alt
    one, other = row(10, 30.0), row(20, 33.0, backend="openvino")
    apart = pareto_plot([replace(one, provenance={TURNS: "a"}), replace(other, provenance={TURNS: "b"})])
    assert "in turns" in apart.axes[0].get_xlabel() and "in turns" in apart.alt
    together = pareto_plot([replace(m, provenance={TURNS: "a"}) for m in (one, other)])
    assert "in turns" not in together.axes[0].get_xlabel()


def test_nothing_to_show_is_an_empty_chart():
    assert pareto_plot([]).png().startswith(b"\x89PNG")
    assert pareto_plot([row(10)], metric="psnr_y_db").png().startswith(b"\x89PNG")


def test_a_thousandth_of_a_decibel_is_not_spread_over_the_axis():
    axes = pareto_plot([row(5, 30.8487), row(9, 30.8491, backend="openvino")]).axes[0]
    low, high = axes.get_ylim()
    assert high - low > 0.5 and low < 30.8 < 30.9 < high
    assert axes.yaxis.get_major_formatter().get_offset() == ""
