"""Rows of models: the best of each, and which are held against each other."""

from __future__ import annotations

from tests.results.model_rows import anime_rows, model_row, super_resolution_rows
from toolkit.results.rows.selection import comparable, each_precision, each_way, fastest_of_each


def test_one_row_a_model_the_fastest_first():
    names = [(m.trial.operation, m.trial.backend) for m in fastest_of_each(super_resolution_rows())]
    assert names == [
        *(("bicubic", "opencv"), ("fsrcnn", "openvino"), ("carn_m", "openvino")),
        *(("carn", "openvino"), ("edsr", "openvino")),
    ]


def test_each_precision_has_its_row_and_a_wrong_one_only_where_none_is_right():
    rows = [m for m in anime_rows() if m.trial.backend != "openvino"]
    ways = [(m.trial.backend, m.trial.placement.precision) for m in each_precision(rows)]
    assert ways == [("torch", "bf16"), ("torch", "fp32"), ("onnxruntime", "int8")]
    (wrong,) = each_precision(m for m in rows if m.trial.backend == "opencv_dnn")
    assert wrong.is_failed


def test_each_way_has_one_row_of_the_largest_size():
    rows = anime_rows()
    small = model_row("anime", "openvino", latency_ms=20, size=(64, 64), params=rows[0].trial.params)
    threads = model_row("anime", "openvino", latency_ms=900, threads=1, params=rows[0].trial.params)
    ways = each_way([*rows, small, threads])
    assert len(ways) == len({m.trial for m in ways}) == 10  # the skipped one is none
    assert small.trial not in {m.trial for m in ways} and threads.trial not in {m.trial for m in ways}


def test_rows_are_held_against_each_other_where_a_truth_tells_or_they_are_of_one_model():
    assert [len(rows) for rows in comparable(super_resolution_rows())] == [13]
    anime = anime_rows()
    (of_one,) = comparable(anime)
    assert {m.trial.backend for m in of_one} == {"torch", "onnxruntime", "openvino", "opencv_dnn"}
    other = model_row("anime", "torch", latency_ms=5, params=(("style", "paprika"),))
    another = model_row("anime", "openvino", latency_ms=4, params=(("style", "paprika"),))
    assert [len(rows) for rows in comparable([*anime, other])] == [len(of_one)]
    assert sorted(len(rows) for rows in comparable([*anime, other, another])) == [2, len(of_one)]
