"""Names of models to grids: only backends and precisions that exist; notes for missing weights and refused values."""

from __future__ import annotations

from functools import partial

import pytest

from toolkit.core.errors import InvalidValue, Unavailable, UnknownName
from toolkit.studies import grids

model_grids = partial(grids.model_grids, untrained=True)

SIZES = ["32x24"]


@pytest.fixture(autouse=True)
def no_weights_here(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("ATELIER_WEIGHTS", raising=False)


def _ways(asked, model):
    return [(t.backend, t.placement.precision) for t in asked.grids[model].trials()]


def test_only_backends_and_precisions_that_exist_for_the_model():
    asked = model_grids(
        ["bicubic", "fsrcnn", "matting:model=selfie"],
        backends=["onnxruntime", "openvino"],
        precisions=["fp32", "bf16", "int8"],
        sizes=SIZES,
    )
    assert _ways(asked, "bicubic") == [("opencv", "fp32")]  # none of them has it
    assert _ways(asked, "matting:model=selfie") == [("opencv_dnn", "fp32")]
    assert _ways(asked, "fsrcnn") == [
        *(("onnxruntime", "fp32"), ("onnxruntime", "int8")),
        *(("openvino", "fp32"), ("openvino", "bf16"), ("openvino", "int8")),
    ]


def test_all_is_every_backend_with_its_variants():
    asked = model_grids(["espcn"], backends=["all"], precisions=["all"], sizes=SIZES)
    trials = [t for grid in asked.every for t in grid.trials()]
    assert {"onnxruntime", "openvino", "opencv_dnn"} <= {t.backend for t in trials}
    assert "int8" in {t.placement.precision for t in trials}
    assert len(trials) == len(set(trials))
    mixed = [t for t in trials if ("int8_rest", "bf16") in t.placement.options]
    assert [(t.backend, t.placement.precision) for t in mixed] == [("openvino", "int8")]


def test_an_option_of_one_precision_leaves_out_the_others():
    asked = model_grids(["espcn"], backends=["openvino:int8_rest=bf16"], precisions=["all"], sizes=SIZES)
    assert _ways(asked, "espcn") == [("openvino", "int8")]


def test_shared_parameters_go_to_models_that_declare_them_and_own_values_win():
    asked = model_grids(["fsrcnn", "espcn:scale=4"], backends=["openvino"], params={"scale": 2}, sizes=SIZES)
    scales = {t.operation: dict(t.params).get("scale", "default") for g in asked.every for t in g.trials()}
    assert scales == {"fsrcnn": 2, "espcn": 4}


def test_a_model_without_the_scale_is_left_out_and_a_note_says_so():
    asked = model_grids(
        ["fsrcnn", "edsr:model=mobile"], backends=["openvino"], params={"scale": 3}, sizes=SIZES
    )
    assert list(asked.grids) == ["fsrcnn"]
    assert any(
        note.startswith("edsr:model=mobile is left out: 'scale' of edsr must be 2") for note in asked.notes
    )


def test_missing_weights_are_seeded_and_named_with_source_and_checksum():
    asked = model_grids(["fsrcnn"], backends=["openvino"], sizes=SIZES)
    assert dict(asked.every[0].trials()[0].params)["weights"] == "untrained"
    assert "Saafke/FSRCNN_Tensorflow" in str(asked) and "sha256:" in str(asked) and "untrained" in str(asked)


def test_untrained_networks_are_left_out_unless_asked_for():
    asked = grids.model_grids(["fsrcnn", "bicubic"], sizes=SIZES)
    assert list(asked.grids) == ["bicubic"] and "left out" in str(asked) and "sha256:" in str(asked)
    with pytest.raises(Unavailable, match="weights"):
        grids.model_grids(["fsrcnn"], sizes=SIZES)


def test_its_text_counts_models_and_trials():
    asked = model_grids(["bicubic"], sizes=SIZES)
    assert str(asked) == "Models: 1; trials: 1."
    assert "Models: 2; trials: 3." in str(
        model_grids(["bicubic", "fsrcnn"], backends=["openvino", "torch"], sizes=SIZES)
    )


def test_no_model_left_and_unknown_names_are_errors():
    with pytest.raises(InvalidValue, match="left out"):
        model_grids(["edsr:model=mobile"], params={"scale": 4}, sizes=SIZES)
    with pytest.raises(InvalidValue, match="at least one"):
        model_grids([], sizes=SIZES)
    with pytest.raises(UnknownName):
        model_grids(["fsrnn"], sizes=SIZES)
    with pytest.raises(UnknownName):
        model_grids(["fsrcnn"], backends=["openvno"], sizes=SIZES)
