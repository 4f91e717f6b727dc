import dataclasses
import json
import subprocess
import sys

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tests.backends import tiny_graphs
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.notation import parse_trial
from toolkit.contracts.operation import OPERATIONS
from toolkit.contracts.trial import Trial, size_after
from toolkit.images.photos import names

pytestmark = pytest.mark.usefixtures("choosy")


def _ends(param):
    if param.choices:
        return param.choices
    if isinstance(param.default, bool):
        return (param.default, False, True)
    if isinstance(param.default, str):
        return (param.default,)
    return (param.default, param.low, param.high)


@pytest.mark.parametrize("operation", list(OPERATIONS))
@pytest.mark.parametrize("end", [0, 1, -1], ids=["default", "low", "high"])
def test_every_operation_reads_back_as_it_was_written(operation, end, tmp_path):
    given_params = {p.name: _ends(p)[end % len(_ends(p))] for p in OPERATIONS[operation].params}
    if operation == "onnx_model":  # the only one whose default, no file, is refused
        given_params["file"] = str(tiny_graphs.giving_rows(tmp_path / "own.onnx"))
    if given_params.get("model") == "mobile":  # a network of edsr that is published for one scale
        given_params["scale"] = 2
    trial = make_trial(operation, "opencv", params=given_params, size=(640, 480))
    assert parse_trial(str(trial)) == trial


SIDE = st.integers(1, 5000)


@settings(max_examples=200, deadline=None)
@given(
    sigma_s=st.floats(1, 200),
    sigma_r=st.floats(0.01, 1),
    options=st.fixed_dictionaries(
        {},
        optional={
            "streams": st.integers(1, 8),
            "pinned": st.booleans(),
            "hint": st.sampled_from(["latency", "throughput"]),
            "share": st.floats(0, 1),
        },
    ),
    steps=st.permutations(
        [("fit_pixels", {"pixels": 12345, "interpolation": "linear"}), ("fit_side", {"side": 77})]
    ).flatmap(lambda both: st.integers(0, 2).map(lambda count: tuple(both[:count]))),
    size=st.tuples(SIDE, SIDE),
    images=st.lists(st.sampled_from(sorted(names())), max_size=4).map(tuple),
    numbers=st.tuples(st.integers(1, 1024), st.integers(1, 256), st.integers(1, 1024)),
    device=st.sampled_from(["cpu", "cuda"]),
    precision=st.sampled_from(["fp32", "bf16", "fp16", "int8"]),
    executor=st.sampled_from(["processes", "threads", "micro_batch"]),
)
def test_any_trial_reads_back_as_it_was_written(
    sigma_s, sigma_r, options, steps, size, images, numbers, device, precision, executor
):
    threads, workers, batch = numbers
    trial = make_trial(
        "stylization",
        "choosy",
        params={"sigma_s": sigma_s, "sigma_r": sigma_r},
        options=options,
        steps=steps,
        size=size,
        images=images,
        threads=threads,
        workers=workers,
        batch=batch,
        device=device,
        precision=precision,
        executor=executor,
    )
    assert parse_trial(str(trial)) == trial
    assert Trial.from_dict(json.loads(json.dumps(trial.to_dict()))) == trial
    assert hash(Trial.from_dict(trial.to_dict())) == hash(trial)


def test_the_label_leaves_the_input_out():
    trial = make_trial(
        "oil_painting", "opencv", params={"size": 9}, images=("coffee",), size=(4, 4), workers=2
    )
    assert trial.label == "oil_painting@opencv:size=9,threads=1,workers=2"
    assert str(trial) == trial.label + ",input=4x4,images=coffee"


def test_pre_steps_follow_each_other():
    trial = make_trial(
        "oil_painting",
        "opencv",
        steps=(("fit_side", {"side": 400}), ("fit_pixels", {"pixels": 5000})),
        size=(800, 400),
    )
    assert size_after(trial.steps, trial.width, trial.height) == (100, 50)


class TestKey:
    def asked(self) -> Trial:
        return make_trial("stylization", "opencv", params={"sigma_s": 90}, images=("coffee",), size=(64, 48))

    def test_it_is_the_same_in_another_process(self):
        code = (
            "import json, sys\nfrom toolkit.contracts.notation import parse_trial\n"
            "from toolkit.contracts.trial import Trial\n"
            "for trial in parse_trial(sys.argv[1]), Trial.from_dict(json.loads(sys.argv[2])):\n"
            "    print(trial.key('somewhere'))\n"
        )
        trial = self.asked()
        for seed in ("1", "2"):
            answer = subprocess.run(
                [sys.executable, "-c", code, str(trial), json.dumps(trial.to_dict())],
                capture_output=True,
                text=True,
                env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
                check=True,
                timeout=60,
            )
            assert answer.stdout.split() == [trial.key("somewhere")] * 2

    def test_a_row_from_before_executors_could_be_chosen_keeps_its_key(self):
        trial = make_trial(
            "oil_painting",
            "opencv",
            params={"size": 9},
            megapixels=2,
            threads=2,
            workers=2,
            executor="processes",
        )
        assert trial.key("e0") == "0f2481dfbdc5f1f0"  # as commit 790bd99 computed it
        assert "executor" not in trial.to_dict()
        assert trial.with_(executor="threads").key("e0") != trial.key("e0")

    def test_a_default_that_is_spelled_out_changes_nothing(self):
        spelled = make_trial(
            "stylization",
            "opencv",
            params={"sigma_s": 90.0, "sigma_r": 0.45},
            images=("coffee",),
            size=(64, 48),
        )
        assert spelled.key("x") == self.asked().key("x")

    def test_whatever_is_asked_differently_has_another_key(self):
        trial = self.asked()
        others = [
            trial,
            parse_trial(str(trial) + ",sigma_r=0.2"),
            parse_trial(str(trial) + ",fit_side.side=20"),
            trial.with_(backend="numba"),
            trial.with_(images=("chelsea",)),
            trial.with_(width=65),
            trial.with_(height=49),
            trial.with_(batch=2),
            trial.with_(workers=2),
            trial.with_(plugins=(("a.py", "0" * 64),)),
            trial.with_(placement=dataclasses.replace(trial.placement, threads=2)),
        ]
        keys = [t.key("x") for t in others] + [trial.key("y")]
        assert len(set(keys)) == len(keys)
        assert all(len(key) == 16 and int(key, 16) >= 0 for key in keys)
