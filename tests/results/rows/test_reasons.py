"""The same reason is one sentence that names the backends."""

from __future__ import annotations

from tests.results.factory import make_trial
from toolkit.results.rows.reasons import reasons


def test_backends_that_stop_for_one_reason_share_a_sentence():
    trials = [make_trial(backend=name) for name in ("torch", "openvino", "numpy")]
    notes = [f"stylization cannot run on backend '{t.backend}'; it runs on opencv." for t in trials[:2]]
    said = reasons(zip(trials, [*notes, ""], strict=True))
    assert said[0] == said[1] == "stylization cannot run on backends 'torch', 'openvino'; it runs on opencv."
    assert said[2] == ""


def test_a_label_becomes_the_operation_and_its_backends_and_other_numbers_stay_apart():
    trials = [make_trial(backend=name) for name in ("torch", "openvino")]
    same = reasons((t, f"{t.label}: could not read model.onnx.") for t in trials)
    assert set(same) == {"stylization on torch, openvino: could not read model.onnx."}
    other = reasons((t, f"{t.label} disagrees: {n} %.") for n, t in enumerate(trials))
    assert other == ["stylization on torch disagrees: 0 %.", "stylization on openvino disagrees: 1 %."]
    (alone,) = reasons([(trials[0], "stylization cannot run on backend 'torch'.")])
    assert alone == "stylization cannot run on backend 'torch'."
    assert len(set(reasons((make_trial(name), "No.") for name in ("stylization", "oil_painting")))) == 1
