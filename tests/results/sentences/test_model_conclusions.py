"""Sentences about models: which way is fastest and right, what quality and precision cost, what is untrained."""

from __future__ import annotations

from tests.results.model_rows import anime_rows, matte_rows, model_row, super_resolution_rows
from toolkit.results.rows.selection import fastest_of_each
from toolkit.results.sentences.model_conclusions import conclude_models


def _said(rows):
    return dict(conclude_models(rows).entries)


def test_the_fastest_right_way_is_held_against_the_usual_one():
    said = _said(super_resolution_rows())["Fastest with a right picture, carn_m x3"]
    assert said.startswith("openvino bf16 takes 20")
    assert "times as fast as torch fp32" in said and "a PSNR of 56.0 dB against the fp32 picture" in said


def test_a_wrong_row_is_never_the_fastest():
    rows = super_resolution_rows()
    wrong = {"status": "failed", "cause": "disagreed", "note": "it disagrees.", "params": (("scale", 3),)}
    rows.append(model_row("carn_m", "opencv_dnn", latency_ms=1, size=(480, 320), **wrong))
    assert "opencv_dnn" not in _said(rows)["Fastest with a right picture, carn_m x3"]
    assert "it disagrees" in _said(rows)["Failed"]
    assert all(s.is_ok for s in fastest_of_each(rows))


def test_what_quality_costs_leaves_out_the_untrained_and_names_the_beaten():
    said = _said(super_resolution_rows())["What quality costs"]
    assert "edsr" not in said
    assert "3.63 dB more than the fastest and takes 18" in said
    rows = super_resolution_rows()
    slow = {"latency_ms": 5000, "size": (480, 320), "params": (("scale", 3),), "quality": {"psnr_y_db": 31.0}}
    rows.append(model_row("espcn", "torch", **slow))
    beaten = _said(rows)["What quality costs"].partition("as fast and as good: ")[2]
    assert beaten.startswith("PSNR-Y 31.00 dB takes 5.") and "espcn x3 on torch fp32" in beaten


def test_less_error_is_better():
    said = _said(matte_rows())["What quality costs"]
    assert "0.0270 less than the fastest" in said


def test_int8_of_untrained_weights_is_no_answer_because_nobody_judged_it():
    untrained, trained = (_said(anime_rows(is_trained=flag)) for flag in (False, True))
    assert untrained["Fastest with a right picture, anime cartoongan_shinkai (untrained)"].startswith(
        "torch bf16"
    )
    assert trained["Fastest with a right picture, anime cartoongan_shinkai"].startswith("openvino int8")
    assert "random" in untrained["Untrained"] and "Untrained" not in trained


def test_a_reduced_precision_is_held_against_fp32_of_the_same_model_and_backend():
    said = _said(anime_rows(is_trained=True))
    assert said["In bf16"].startswith("1.6") and "51.0 dB or better (3 rows)" in said["In bf16"]


def test_what_stopped_is_named_once_with_its_reason():
    said = _said(anime_rows(is_trained=True))
    assert said["Failed"].startswith("anime cartoongan_shinkai on opencv_dnn fp32: ")
    assert said["Skipped"].startswith("anime cartoongan_shinkai on torch int8: backend torch has no int8")


def test_nothing_measured_is_said():
    assert _said([]) == {"Evidence": "Nothing was measured."}
