"""A grid names its trials; missing weights are reported with source and checksum, and replaced on request."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest

from tests.bench.small_grid import grid
from toolkit.bench.grid import Grid, untrained, why_missing
from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import InvalidValue, UnknownName
from toolkit.images.photos import DEFAULT_POOL
from toolkit.machine.hardware import allowed_cpus

STEP = (("fit_side", {"side": 20}),)


@pytest.fixture(autouse=True)
def no_weights_here(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("ATELIER_WEIGHTS", raising=False)


def test_a_sentence_names_source_and_checksum():
    said = why_missing(make_trial("carn_m", "torch"))
    assert "nmhkahn/CARN-pytorch @ 40d3514f81cc" in said and "sha256:d48a759a" in said


def test_what_nobody_published_is_said_without_a_source():
    unet = make_trial("matting", "torch", params={"model": "unet"})
    assert why_missing(unet) == "no weights are published for unet."
    assert why_missing(untrained(unet)) == ""


@pytest.mark.parametrize("trial", [("oil_painting", "opencv"), ("lapsrn", "opencv_dnn")])
def test_nothing_stands_in_for_what_has_no_network_of_ours(trial):
    assert why_missing(make_trial(*trial)) == ""


def test_a_grid_takes_seeded_weights_where_it_may():
    asked = Grid(operations=("fsrcnn", "oil_painting"), backends=("opencv",), untrained_where_missing=False)
    assert [dict(t.params).get("weights") for t in asked.trials()] == [None, None]
    allowed = Grid(operations=("fsrcnn", "oil_painting"), backends=("opencv",), untrained_where_missing=True)
    assert [dict(t.params).get("weights") for t in allowed.trials()] == ["untrained", None]
    assert len(allowed.missing_weights()) == 1 and "FSRCNN_x" in allowed.missing_weights()[0]


def test_the_stand_in_is_the_same_question_otherwise():
    trial = make_trial("fsrcnn", "torch", params={"scale": 4}, threads=2, size=(48, 32), batch=3)
    other = untrained(trial)
    assert dict(other.params) == {"scale": 4, "weights": "untrained"}
    assert other.with_(params=trial.params) == trial


def test_weights_that_are_there_are_taken(real_weights, monkeypatch):
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    grid = Grid(operations=("fsrcnn", "carn_m"), backends=("torch",), untrained_where_missing=True)
    assert grid.missing_weights() == []
    assert all("weights" not in dict(trial.params) for trial in grid.trials())


def test_wrong_weights_are_their_trials_to_tell_and_a_wrong_folder_concerns_all(tmp_path, monkeypatch):
    grid = Grid(operations=("fsrcnn", "oil_painting"), backends=("opencv",), untrained_where_missing=True)
    (tmp_path / "FSRCNN_x3.pb").write_bytes(b"half a file")
    monkeypatch.setenv("ATELIER_WEIGHTS", str(tmp_path))
    assert grid.missing_weights() == []
    assert all("weights" not in dict(trial.params) for trial in grid.trials())
    monkeypatch.setenv("ATELIER_WEIGHTS", str(tmp_path / "nowhere"))
    with pytest.raises(InvalidValue, match="ATELIER_WEIGHTS must name a folder"):
        grid.trials()


class TestTrials:
    def test_every_combination_once(self):
        found = grid(
            operations=("oil_painting", "stylization", "oil_painting"),
            sizes=((32, 24), (48, 32)),
            threads=(1, 2),
            workers=(1, 2, 2),
            steps=((), STEP),
            precisions=("fp32",),
            oversubscribed=True,
        ).trials()
        assert len(found) == len(set(found)) == 2 * 2 * 2 * 2 * 2
        assert {(t.operation, t.width, t.placement.threads, t.workers, bool(t.steps)) for t in found} == {
            (op, width, threads, workers, step)
            for op in ("oil_painting", "stylization")
            for width in (32, 48)
            for threads in (1, 2)
            for workers in (1, 2)
            for step in (False, True)
        }

    def test_what_needs_more_processors_than_there_are_is_crossed_only_when_asked_for(self):
        n = allowed_cpus()
        crossed = grid(workers=(1, 2), threads=(1, n))
        assert {(t.workers, t.placement.threads) for t in crossed.trials()} == {(1, 1), (2, 1), (1, n)} | (
            {(2, n)} if n == 1 else set()
        )
        assert (f"2 workers x {n} threads" in crossed.left_out()) is (n > 1)
        asked = replace(crossed, oversubscribed=True)
        assert (len(asked.trials()), asked.left_out()) == (len({1, n}) * 2, "")
        assert len(grid(workers=(2,), threads=(n,)).trials()) == 1

    def test_what_is_compared_is_measured_together(self):
        found = grid(sizes=((32, 24), (48, 32)), steps=((), STEP), backends=("all",), workers=(1, 2)).trials()
        groups = [(t.operation, t.width) for t in found]
        assert groups == sorted(groups, key=groups.index)

    def test_one_row_for_a_question_asked_in_two_ways(self):
        assert len(grid(sizes=(), megapixels=(1, 1.0)).trials()) == 1
        assert grid(params={"size": 7}).trials() == grid().trials()

    def test_megapixels_are_four_to_three_and_sizes_go_before_them(self):
        assert [(t.width, t.height) for t in grid(sizes=(), megapixels=(2, 12.2)).trials()] == [
            (1632, 1224),
            (4032, 3024),
        ]
        assert [(t.width, t.height) for t in grid(megapixels=(2,)).trials()] == [(32, 24)]

    def test_no_images_means_the_pool(self):
        assert grid(images=()).trials()[0].images == DEFAULT_POOL

    def test_a_parameter_goes_to_every_operation_that_has_it(self):
        found = grid(operations=("stylization", "oil_painting"), params={"sigma_s": 90, "size": 3}).trials()
        assert [t.params for t in found] == [(("sigma_s", 90.0),), (("size", 3),)]

    @pytest.mark.parametrize("backends", [("all",), ["all"]])
    def test_all_backends_are_those_with_a_way_to_run_it(self, backends):
        found = {t.backend for t in grid(backends=backends).trials()}
        assert found == {name for name in BACKENDS if OPERATIONS["oil_painting"].runs_on(BACKENDS[name])}
        assert "opencv" in found

    def test_all_precisions_and_backends_are_their_variants_each_once(self):
        found = grid(operations=("espcn",), backends=("all",), precisions=("all",)).trials()
        assert len(found) == len(set(found))
        ways = [(t.placement.precision, t.placement.options) for t in found if t.backend == "openvino"]
        mixed = (("int8_rest", "bf16"),)
        assert ways == [("fp32", ()), ("bf16", ()), ("fp16", ()), ("int8", ()), ("int8", mixed)]

    def test_the_preferred_backend_is_chosen_for_each_size_after_its_steps(self, monkeypatch):
        limited = dataclasses.replace(OPERATIONS["stylization"], name="limited", prefer=("opencv",))
        monkeypatch.setattr(OPERATIONS, "_added", {**OPERATIONS._added, "limited": limited})
        found = grid(operations=("limited",), backends=(), sizes=((4032, 3024),), steps=((), STEP)).trials()
        assert [t.backend for t in found] == ["opencv", "opencv"]  # the first row will say why it is failed

    @pytest.mark.parametrize(
        ("wrong", "error", "said"),
        [
            (
                {"operations": ()},
                InvalidValue,
                "'operations' of a sweep must be a tuple of at least one name; got ().",
            ),
            ({"operations": "stylization"}, InvalidValue, "a tuple of at least one name; got 'stylization'."),
            ({"operations": ("oil_paint",)}, UnknownName, "Did you mean 'oil_painting'?"),
            ({"backends": ("opencw",)}, UnknownName, "Did you mean 'opencv'?"),
            (
                {"params": {"sise": 3}},
                UnknownName,
                "parameter of oil_painting must be one of dynRatio, preset, size; got 'sise'",
            ),
            ({"params": {"size": float("nan")}}, InvalidValue, "'size' of oil_painting"),
            ({"sizes": (), "megapixels": (0,)}, InvalidValue, "'megapixels' of a photo's size must be"),
            ({"sizes": (), "megapixels": (float("nan"),)}, InvalidValue, "got nan"),
            ({"sizes": ((0, 5),)}, InvalidValue, "'input' of a trial must be at least 1x1"),
            ({"threads": (0,)}, InvalidValue, "'threads' of a trial"),
            ({"workers": (1.5,)}, InvalidValue, "'workers' of a trial"),
            ({"precisions": ("fp64",)}, InvalidValue, "'precision' of a placement"),
            ({"images": ("cofee",)}, UnknownName, "Did you mean 'coffee'?"),
            ({"steps": ((("fit", {}),),)}, UnknownName, "operation must be one of"),
        ],
    )
    def test_what_cannot_be_asked_gets_one_sentence(self, wrong, error, said):
        with pytest.raises(error) as caught:
            grid(**wrong).trials()
        assert said in str(caught.value)


def test_the_preferred_backend_is_one_that_has_the_device_and_the_precision(monkeypatch):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("torch")
    networks = {"operations": ("fsrcnn",), "sizes": ((64, 48),), "params": {"weights": "untrained"}}
    on_card = Grid(**networks, device="cuda").trials()
    assert [(t.backend, t.placement.device) for t in on_card] == [(on_card[0].backend, "cuda")]
    assert "cuda" in BACKENDS[on_card[0].backend].devices
    only_half = dataclasses.replace(OPERATIONS["fsrcnn"], name="only_half", prefer=("onnxruntime", "torch"))
    monkeypatch.setattr(OPERATIONS, "_added", {**OPERATIONS._added, "only_half": only_half})
    both = Grid(**{**networks, "operations": ("only_half",)}, precisions=("fp32", "bf16")).trials()
    assert [(t.backend, t.placement.precision) for t in both] == [("onnxruntime", "fp32"), ("torch", "bf16")]
