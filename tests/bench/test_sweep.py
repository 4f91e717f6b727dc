"""A grid becomes trials, trials become measurements, and nothing is measured twice."""

import dataclasses
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from toolkit.bench.plan import Plan
from toolkit.bench.sweep import Grid, Progress, pending, sweep, why_skipped
from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.operation import OPERATIONS, load_plugin
from toolkit.core.errors import InvalidValue, UnknownName
from toolkit.images.photos import DEFAULT_POOL
from toolkit.results.store.store import Store

PLUGINS = Path(__file__).parent.parent / "plugins"
ONE = Plan(blocks=1, seconds=0.0, timeout_s=30.0)
STEP = (("fit_side", {"side": 20}),)


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def grid(**changes) -> Grid:
    asked = {
        "operations": ("oil_painting",),
        "backends": ("opencv",),
        "sizes": ((32, 24),),
        "images": ("coffee",),
    }
    return Grid(**{**asked, **changes})


class TestTrials:
    def test_every_combination_once(self):
        found = grid(
            operations=("oil_painting", "stylization", "oil_painting"),
            sizes=((32, 24), (48, 32)),
            threads=(1, 2),
            workers=(1, 2, 2),
            steps=((), STEP),
            precisions=("fp32",),
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
                "parameter of oil_painting must be one of dynRatio, size; got 'sise'",
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


def test_every_trial_has_its_answer_and_progress_counts_to_the_total():
    steps: list[Progress] = []
    asked = grid(sizes=((32, 24), (40, 30)))
    answers = list(sweep(asked, plan=dataclasses.replace(ONE, blocks=2), on_progress=steps.append))
    assert [m.trial for m in answers] == asked.trials()
    assert {m.status for m in answers} == {"ok"}
    assert [p.done for p in steps] == list(range(1, 7))
    assert {p.total for p in steps} == {6}
    assert {p.trial for p in steps} == set(asked.trials())
    assert steps[-1].left_s == pytest.approx(0, abs=1e-6)
    assert all(p.left_s > 0 for p in steps[:-1])


def test_progress_counts_a_trial_that_cannot_run_too():
    sha = load_plugin(PLUGINS / "needs_nothing_you_have.py")
    steps: list[Progress] = []
    asked = grid(
        backends=("needs_nothing_you_have",), plugins=((str(PLUGINS / "needs_nothing_you_have.py"), sha),)
    )
    (answer,) = sweep(asked, plan=ONE, on_progress=steps.append)
    assert answer.status == "skipped"
    assert [p.done for p in steps] == [1, 2] and steps[-1].total == 2


class TestResuming:
    def test_what_is_known_is_not_measured_again(self, tmp_path):
        store = Store(tmp_path / "store.sqlite")
        for answer in sweep(grid(), plan=ONE):
            store.add(answer)
        assert store.keys() == {m.key for m in store.all()} and len(store) == 1

        steps: list[Progress] = []
        assert list(sweep(grid(), skip=store.keys(), plan=ONE, on_progress=steps.append)) == []
        assert steps == [] and pending(grid(), skip=store.keys()) == []

        more = grid(steps=((), STEP))
        assert [bool(t.steps) for t in pending(more, skip=store.keys())] == [True]
        added = list(sweep(more, skip=store.keys(), plan=ONE))
        assert [bool(m.trial.steps) for m in added] == [True]

    def test_a_sweep_with_nothing_to_do_does_not_wait_for_the_lock(self, tmp_path):
        code = "from toolkit.bench.lock import measuring_lock\nwith measuring_lock():\n    print(flush=True), input()\n"
        keys = {m.key for m in sweep(grid(), plan=ONE)}
        holder = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert holder.stdout.readline() == "\n"
            said: list[str] = []
            assert list(sweep(grid(), skip=keys, plan=ONE, on_wait=said.append)) == []
            assert said == []
        finally:
            holder.communicate("\n")

    def test_keys_of_a_trip_through_json_count(self):
        (answer,) = sweep(grid(), plan=ONE)
        back = Measurement.from_dict(json.loads(json.dumps(answer.to_dict())))
        assert pending(grid(), skip={back.key}) == []


class TestBudget:
    asked = grid(sizes=((32, 24), (40, 30), (48, 32)))

    def test_none_left_means_nothing_is_started(self):
        assert list(sweep(self.asked, plan=ONE, budget_s=-1.0)) == []

    def test_a_group_that_was_started_is_finished_and_no_other_begins(self):
        found = []
        for answer in sweep(self.asked, plan=ONE, budget_s=0.2):
            found.append(answer)
            time.sleep(0.2)
        assert [m.trial.width for m in found] == [32]


def test_bad_input_is_told_before_anything_is_measured(tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    steps: list[Progress] = []
    with pytest.raises(InvalidValue, match="broken.png"):
        next(sweep(grid(images=("coffee", str(tmp_path / "broken.png"))), plan=ONE, on_progress=steps.append))
    assert steps == []


def test_why_skipped_measures_nothing_and_says_the_sentence():
    load_plugin(PLUGINS / "needs_nothing_you_have.py")
    assert why_skipped(make_trial("oil_painting", "opencv")) == ""
    assert "pip install nothing-you-have" in why_skipped(make_trial("oil_painting", "needs_nothing_you_have"))
    assert "must be one of cpu; got 'cuda'" in why_skipped(
        make_trial("oil_painting", "opencv", device="cuda")
    )
    load_plugin(PLUGINS / "sleeps.py")
    assert "has no way to run on backend 'numpy'" in why_skipped(make_trial("sleeps", "numpy"))
