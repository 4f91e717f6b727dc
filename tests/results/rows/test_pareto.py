"""Which rows nothing beats."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.results.model_rows import anime_rows, matte_rows, model_row
from toolkit.contracts.turns import TURNS
from toolkit.results.rows.pareto import are_apart, pareto_points


def row(ms, quality=None, **given):
    quality = {} if quality is None else {"psnr_y_db": quality}
    return model_row("carn_m", given.pop("backend", "torch"), latency_ms=ms, quality=quality, **given)


def test_the_front_is_what_no_faster_row_beats():
    rows = [
        row(10, 30.0, backend="openvino"),
        row(20, 33.0, backend="onnxruntime"),
        row(30, 32.0, backend="torch"),
        row(40, 33.5, backend="opencv_dnn"),
    ]
    metric, points = pareto_points(rows)
    assert metric.key == "psnr_y_db"
    assert [(p.summary.trial.backend, p.is_on_front) for p in points] == [
        ("openvino", True),
        ("onnxruntime", True),
        ("torch", False),
        ("opencv_dnn", True),
    ]


def test_a_smaller_error_is_better():
    metric, points = pareto_points(matte_rows())
    assert metric.key == "mad"
    assert {p.quality for p in points if p.is_on_front} == {0.044, 0.041, 0.017}


def test_a_failed_row_is_never_on_the_front_however_good():
    wrong = row(1, 50.0, backend="opencv_dnn", status="failed", cause="disagreed", note="It differs.")
    _, points = pareto_points([wrong, row(10, 30.0)])
    assert [p.is_on_front for p in points] == [False, True]


def test_without_ground_truth_it_is_the_agreement_and_equal_is_best():
    metric, points = pareto_points(anime_rows())
    assert metric.header == "agreement" and points[-1].quality == float("inf") and points[-1].is_on_front


def test_on_a_busy_machine_no_row_is_on_the_front():
    doubt = ("other processes used 1.5 of 2 processors",)
    _, points = pareto_points(
        [row(10, 30.0, suspect=doubt), row(20, 33.0, backend="openvino", suspect=doubt)]
    )
    assert len(points) == 2 and not any(p.is_on_front for p in points)


def test_rows_of_different_turns_are_named_as_apart():
    def turn(ms, quality, turns, **given):
        return replace(row(ms, quality, **given), provenance={TURNS: turns})

    together = [turn(10, 30.0, "a"), turn(20, 33.0, "a", backend="openvino")]
    assert not are_apart(pareto_points(together)[1])
    assert are_apart(pareto_points([*together, turn(30, 34.0, "b", backend="onnxruntime")])[1])


def test_latency_is_that_of_one_picture_of_a_batch():
    _, points = pareto_points([row(100, 30.0, batch=4)])
    assert points[0].summary.picture.value == pytest.approx(0.025, rel=0.05)
