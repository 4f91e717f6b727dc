import dataclasses
import itertools
import json
import subprocess
import sys
from contextlib import nullcontext

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from toolkit.contracts.backend import BACKENDS, Backend
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.notation import parse_size, parse_trial
from toolkit.contracts.operation import OPERATIONS
from toolkit.contracts.trial import Trial
from toolkit.core.errors import AtelierError, InvalidValue, Unavailable, UnknownName
from toolkit.core.params import Param
from toolkit.images.photos import DEFAULT_POOL, names


class Choosy(Backend):
    """A runtime with options of its own; nothing is ever run on it."""

    name = "choosy"
    module = distribution = install = "os"
    options = (
        Param(name="streams", default=1, low=1, high=8),
        Param(name="pinned", default=True),
        Param(name="hint", default="latency", choices=("latency", "throughput")),
        Param(name="share", default=0.5, low=0.0, high=1.0),
    )

    def session(self, placement):
        return nullcontext()


@pytest.fixture(autouse=True, scope="module")
def choosy():
    """Registered for this file alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BACKENDS, "_added", dict(BACKENDS._added))
        BACKENDS.add(Choosy())
        yield


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
def test_every_operation_reads_back_as_it_was_written(operation, end):
    given_params = {p.name: _ends(p)[end % len(_ends(p))] for p in OPERATIONS[operation].params}
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
)
def test_any_trial_reads_back_as_it_was_written(
    sigma_s, sigma_r, options, steps, size, images, numbers, device, precision
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
    )
    assert parse_trial(str(trial)) == trial
    assert Trial.from_dict(json.loads(json.dumps(trial.to_dict()))) == trial
    assert hash(Trial.from_dict(trial.to_dict())) == hash(trial)


def test_a_path_reads_back_unless_it_has_a_separator_in_it(tmp_path):
    for name in ("plain.png", "two words.png", "a=b@c:d.png", "größe 100%.png"):
        (tmp_path / name).touch()
        trial = make_trial("oil_painting", "opencv", images=("coffee", str(tmp_path / name)), size=(4, 4))
        assert parse_trial(str(trial)) == trial
    for name in ("a,b.png", "c++.png"):
        (tmp_path / name).touch()
        with pytest.raises(InvalidValue) as caught:
            make_trial("oil_painting", "opencv", images=(str(tmp_path / name),))
        said = str(caught.value)
        assert said.startswith(
            "'images' of a trial must be names or paths without comma, plus sign or outer spaces; got "
        )
        assert said.endswith("Rename the file, or a folder in its path.")


def test_the_label_leaves_the_input_out():
    trial = make_trial(
        "oil_painting", "opencv", params={"size": 9}, images=("coffee",), size=(4, 4), workers=2
    )
    assert trial.label == "oil_painting@opencv:size=9,threads=1,workers=2"
    assert str(trial) == trial.label + ",input=4x4,images=coffee"


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", UnknownName, "operation must be one of"),
        ("oil_paint@opencv", UnknownName, "Did you mean 'oil_painting'?"),
        ("oil_painting@opencw", UnknownName, "Did you mean 'opencv'?"),
        ("oil_painting@opencv:sise=9", UnknownName, "key of a trial of oil_painting must be one of batch, "),
        ("oil_painting@opencv:size", InvalidValue, "key=value,key=value; got 'size'"),
        ("oil_painting@opencv:size=", InvalidValue, "must be a whole number in [1, 50] px; got ''"),
        ("oil_painting@opencv:size=51", InvalidValue, "a whole number in [1, 50] px; got 51"),
        ("oil_painting@opencv:size=nan", InvalidValue, "got 'nan'"),
        ("stylization@opencv:sigma_r=nan", InvalidValue, "must be a number in [0.01, 1]; got nan"),
        ("oil_painting@opencv:size=3,size=4", InvalidValue, "a trial names each key once"),
        ("oil_painting@opencv:input=4x4,megapixels=1", InvalidValue, "one of input and megapixels"),
        (
            "oil_painting@opencv:threads=0",
            InvalidValue,
            "'threads' of a trial must be a whole number in [1, 1024]",
        ),
        (
            "oil_painting@opencv:workers=257",
            InvalidValue,
            "'workers' of a trial must be a whole number in [1, 256]",
        ),
        ("oil_painting@opencv:batch=1.5", InvalidValue, "'batch' of a trial"),
        (
            "oil_painting@opencv:megapixels=0",
            InvalidValue,
            "'megapixels' of a trial must be a number in [1e-06, 400] MP",
        ),
        ("oil_painting@opencv:megapixels=nan", InvalidValue, "'megapixels' of a trial"),
        (
            "oil_painting@opencv:input=0x5",
            InvalidValue,
            "'input' of a trial must be at least 1x1 and at most 400 MP",
        ),
        ("oil_painting@opencv:input=99999x99999", InvalidValue, "at most 400 MP; got '99999x99999'"),
        ("oil_painting@opencv:device=tpu", InvalidValue, "'device' of a trial must be one of cpu, cuda"),
        ("oil_painting@opencv:precision=fp64", InvalidValue, "'precision' of a trial must be one of fp32"),
        ("oil_painting@opencv:images=cofee", UnknownName, "Did you mean 'coffee'?"),
        ("oil_painting@opencv:images=", InvalidValue, "names of photos or picture files; got ''"),
        ("oil_painting@opencv:images=no/such.png", InvalidValue, "got 'no/such.png'. atelier list images"),
        ("oil_painting@opencv:fit_pixel.pixels=4", UnknownName, "Did you mean 'fit_pixels'?"),
        ("oil_painting@opencv:fit_pixels.pixel=4", UnknownName, "parameter of fit_pixels must be one of"),
        ("oil_painting@opencv:fit_pixels.pixels=0", InvalidValue, "'pixels' of fit_pixels must be"),
        ("oil_painting@opencv:fit_pixels.=4", UnknownName, "parameter of fit_pixels must be one of"),
        ("oil_painting@choosy:streams=9", InvalidValue, "'streams' of backend choosy must be"),
        ("oil_painting@choosy:pinned=1", InvalidValue, "'pinned' of backend choosy must be true or false"),
        ("oil_painting@opencv:streams=2", UnknownName, "key of a trial"),
    ],
)
def test_what_cannot_be_asked_gets_one_sentence(text, error, said):
    with pytest.raises(error) as caught:
        parse_trial(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_step_that_could_not_be_written_is_refused():
    twice = (("fit_side", {"side": 100}), ("fit_side", {"side": 50}))
    with pytest.raises(
        InvalidValue, match="'steps' of a trial must be different operations that have a parameter"
    ):
        make_trial("oil_painting", "opencv", steps=twice)


@pytest.mark.parametrize(
    "text", ["", "4", "4x", "x4", "4x4x4", "-4x4", "4.0x4", "²x3", "٣x٣", "9" * 5000 + "x1", "4 x 4"]
)
def test_a_size_is_two_whole_numbers(text):
    with pytest.raises(InvalidValue, match="'input' of a trial must be WIDTHxHEIGHT in pixels"):
        parse_size(text)


def test_size_and_megapixels_exclude_each_other():
    with pytest.raises(InvalidValue, match="given alone, without megapixels"):
        make_trial("oil_painting", "opencv", size=(4, 4), megapixels=1)
    assert parse_trial("oil_painting@opencv:input=4x4", megapixels=2).width == 4
    assert parse_trial("oil_painting@opencv:megapixels=0.5", size=(4, 4)).megapixels == pytest.approx(
        0.5, rel=0.01
    )


def test_what_the_text_says_goes_before_the_defaults():
    trial = parse_trial(
        "oil_painting:size=9,fit_side.side=50",
        backend="opencv",
        params={"size": 3, "dynRatio": 20},
        steps=(("fit_side", {"side": 10, "interpolation": "cubic"}),),
        workers=2,
    )
    assert trial.params == (("size", 9), ("dynRatio", 20))
    assert trial.steps == (("fit_side", (("side", 50), ("interpolation", "cubic"))),)
    assert (trial.backend, trial.workers, trial.images) == ("opencv", 2, DEFAULT_POOL)


def test_the_backend_is_chosen_for_the_size_that_reaches_the_operation():
    shrunk = parse_trial("stylization:fit_pixels.pixels=1000000,megapixels=12.2", images=("coffee",))
    assert (shrunk.width, shrunk.height) == (4032, 3024)
    assert shrunk.working_size == (1154, 866)
    assert OPERATIONS["stylization"].wrong_because("opencv", 866, 1154, {}) == ""


def test_no_backend_that_is_wrong_at_that_size_is_chosen(monkeypatch):
    stylize = dataclasses.replace(OPERATIONS["stylization"], name="only_opencv", prefer=("opencv",))
    monkeypatch.setattr(OPERATIONS, "_added", {**OPERATIONS._added, "only_opencv": stylize})
    with pytest.raises(Unavailable, match=r"only_opencv has no backend for 4032 x 3024 px here: .*2\^24"):
        parse_trial("only_opencv:megapixels=12.2")
    assert parse_trial("only_opencv:fit_side.side=1600,megapixels=12.2").backend == "opencv"


def test_pre_steps_follow_each_other():
    trial = make_trial(
        "oil_painting",
        "opencv",
        steps=(("fit_side", {"side": 400}), ("fit_pixels", {"pixels": 5000})),
        size=(800, 400),
    )
    assert trial.working_size == (100, 50)


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


def test_every_refusal_is_ours():
    """Whatever is typed, the answer is a trial or a sentence."""
    heads = ["", "oil_painting", "oil_painting@", "@opencv", "oil_painting@opencv", "a@b@c"]
    tails = [
        "",
        ":",
        ":,",
        ":=",
        ":size",
        ":=9",
        ":size==9",
        ":.=1",
        ":a.b.c=1",
        ":input=x",
        ":images=+",
        ":size=9,,",
        "::",
    ]
    for text in itertools.starmap("{}{}".format, itertools.product(heads, tails)):
        try:
            trial = parse_trial(text)
        except AtelierError:
            continue
        assert parse_trial(str(trial)) == trial
