"""What rows are held against."""

from __future__ import annotations

import pytest

from tests.results.factory import later, make_measurement
from tests.results.model_rows import anime_rows, matte_rows, model_row
from toolkit.results.rows.baseline import measured_apart, speedups
from toolkit.results.rows.summarising import summarise


def of(measurements):
    rows = summarise(measurements)
    found = speedups(rows)
    return {f"{s.trial.backend} {s.settings}".strip(): found.get(s.key, "none") for s in rows}


def test_torch_eager_in_fp32_is_the_baseline_where_it_is_there():
    found = of(anime_rows(is_trained=True))
    base = next(name for name, ratio in found.items() if ratio is None)
    assert base.startswith("torch") and "compile" not in base and "bf16" not in base
    fastest = next(ratio for name, ratio in found.items() if "openvino" in name and "int8" in name)
    assert fastest.value == pytest.approx(1275 / 246, rel=0.05) and fastest.low < fastest.value < fastest.high


def test_without_torch_it_is_opencv_and_without_both_the_slowest_plain_row():
    quick, plain = make_measurement(backend="numba", latency_s=0.1), make_measurement(latency_s=0.3)
    assert of([quick, plain])["opencv"] is None
    slow = model_row("anime", "onnxruntime", latency_ms=90)
    fast = model_row("anime", "openvino", latency_ms=60)
    reduced = model_row("anime", "openvino", latency_ms=300, precision="int8")
    assert next(name for name, ratio in of([slow, fast, reduced]).items() if ratio is None).startswith("onnx")


def test_a_wrong_row_has_no_speedup_and_is_no_baseline():
    wrong = make_measurement(latency_s=9.0, status="failed", cause="disagreed", note="It differs.")
    rows = [wrong, make_measurement(backend="numba"), make_measurement(backend="numpy", latency_s=2.0)]
    found = of(rows)
    assert found["opencv"] == "none" and found["numpy"] is None


def test_threads_and_sizes_are_not_mixed():
    one, two = make_measurement(threads=1), make_measurement(threads=2)
    assert set(of([one, two, make_measurement(megapixels=4)]).values()) == {"none"}


def test_a_model_that_is_loaded_for_each_picture_stands_beside_the_one_that_is_kept():
    found = {name: ratio for name, ratio in of(matte_rows()).items() if "prisma" in name}
    (reloaded,) = (ratio for name, ratio in found.items() if "reload=true" in name)
    assert reloaded.value == pytest.approx(21 / 260, rel=0.05)


def test_a_row_that_did_not_take_turns_with_its_baseline_has_no_speedup():
    base, quick = make_measurement(latency_s=0.3), make_measurement(backend="numba", latency_s=0.1)
    apart = later(make_measurement(backend="numpy", latency_s=0.2), minutes=11)
    found = of([base, quick, apart])
    assert found["opencv"] is None and found["numba"].value == pytest.approx(3, rel=0.05)
    assert found["numpy"] == "none"
    rows = summarise([base, quick, apart])
    assert measured_apart(rows) == {rows[2].key: rows[0]}
    assert set(of([base, apart]).values()) == {"none"}
