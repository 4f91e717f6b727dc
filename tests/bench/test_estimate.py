"""How long a sweep will take: it grows with what is asked, and what was measured goes before what is guessed."""

from __future__ import annotations

import dataclasses

import pytest

from tests.results.factory import make_measurement
from tests.results.model_rows import model_row
from toolkit.bench.estimate import SPAWN_S, estimate_s, reference_s
from toolkit.bench.plan import FULL, QUICK
from toolkit.contracts.backend import Placement
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.trial import Trial

PROCESSES = QUICK.blocks + 1


def trial(**changes: object) -> Trial:
    return make_trial("oil_painting", "opencv", images=("coffee",), **changes)


def network(backend: str, precision: str = "fp32", **options: object) -> Trial:
    return make_trial("anime", backend, precision=precision, options=options, size=(64, 48))


def test_it_grows_with_size_number_workers_batch_and_evidence() -> None:
    small = estimate_s([trial(megapixels=1)], QUICK)
    assert 0 < small < estimate_s([trial(megapixels=4)], QUICK) < estimate_s([trial(megapixels=12)], QUICK)
    once_s = reference_s(trial(megapixels=1))  # of the reference, which the trials share
    assert estimate_s([trial(megapixels=1)] * 3, QUICK) == pytest.approx(3 * small - 2 * once_s)
    assert small < estimate_s([trial(megapixels=1)], FULL)
    assert small < estimate_s([trial(megapixels=1, workers=4)], QUICK)
    assert small < estimate_s([trial(megapixels=1, batch=4)], QUICK)
    assert estimate_s([], QUICK) == 0


def test_what_was_measured_goes_before_what_is_guessed() -> None:
    asked = trial(size=(200, 100))
    slow = make_measurement("oil_painting", width=200, height=100, latency_s=100.0, jitter=0.0)
    start_s = (
        0.08 + 0.21 + 0.05 + 0.0004 + 30.0
    )  # stages of the factory; its first call takes 1.3 times a steady one
    assert estimate_s([asked], QUICK, [slow]) == pytest.approx(
        PROCESSES * (200 + start_s) + reference_s(asked)
    )
    assert estimate_s([asked], QUICK, [dataclasses.replace(slow, blocks=())]) == estimate_s([asked], QUICK)


def test_a_model_is_exported_once_for_all_that_open_the_graph() -> None:
    alone = {name: estimate_s([network(name)], QUICK) for name in ("onnxruntime", "openvino", "torch")}
    once_s = reference_s(network("torch"))  # of the reference, which all share
    both = estimate_s([network("onnxruntime"), network("openvino")], QUICK)
    export_s = alone["onnxruntime"] - alone["torch"]
    assert export_s > 1 and both == pytest.approx(sum(alone.values()) - alone["torch"] - export_s - once_s)
    int8 = estimate_s([network("onnxruntime"), network("onnxruntime", "int8")], QUICK)
    assert int8 == pytest.approx(2 * alone["onnxruntime"] - once_s)  # a graph of its own
    ran = model_row("anime", "openvino", latency_ms=20, size=(64, 48), threads=1)
    assert estimate_s([network("onnxruntime")], QUICK, [ran]) == pytest.approx(alone["torch"] - once_s)


def test_the_references_of_a_network_are_counted_once_by_the_measured_time_of_a_call() -> None:
    small, large = (make_trial("anime", "onnxruntime", size=size) for size in ((64, 48), (1200, 1000)))
    assert reference_s(large) > reference_s(small) > SPAWN_S * len(small.images)
    slow = model_row("anime", "torch", latency_ms=100_000, size=(64, 48), threads=1)
    unrelated = dataclasses.replace(slow, agreement=None)  # its time is known, and no reference was computed
    more_s = estimate_s([small], QUICK, [unrelated]) - estimate_s([small], QUICK)
    assert more_s == pytest.approx(100 * len(small.images), rel=0.1)
    both_s = estimate_s([network("torch"), network("torch", "bf16")], QUICK)
    assert both_s == pytest.approx(2 * estimate_s([network("torch")], QUICK) - reference_s(network("torch")))


def test_compiling_with_an_empty_cache_is_counted_once_for_all_sizes() -> None:
    eager, compiled = network("torch"), network("torch", compile=True)
    more_s = estimate_s([compiled], QUICK) - estimate_s([eager], QUICK)
    assert more_s > 10
    large = compiled.with_(placement=Placement(threads=2, options=compiled.placement.options))
    once_s = reference_s(eager)
    assert estimate_s([compiled, large], QUICK) == pytest.approx(
        2 * estimate_s([eager], QUICK) - once_s + more_s
    )
    known = model_row("anime", "torch", latency_ms=20, size=(64, 48), threads=1, options=(("compile", True),))
    seen = [dataclasses.replace(known, cold_first_s=100.0)]
    unseen = [dataclasses.replace(known, cold_first_s=50.0)]
    assert estimate_s([compiled], QUICK, seen) == pytest.approx(estimate_s([compiled], QUICK, unseen) + 50)
    assert estimate_s([compiled], QUICK, seen) > SPAWN_S + 100
