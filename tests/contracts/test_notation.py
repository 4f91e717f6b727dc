"""Trials, backends and sizes as they are written."""

import itertools

import pytest

from toolkit.contracts.notation import parse_backend, parse_size, parse_steps, parse_trial
from toolkit.core.errors import AtelierError, InvalidValue, UnknownName
from toolkit.images.photos import DEFAULT_POOL

pytestmark = pytest.mark.usefixtures("choosy")


def test_options_are_read_in_their_declared_type():
    assert parse_backend("onnxruntime:spinning=true") == ("onnxruntime", (("spinning", True),))


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("onnxruntme", UnknownName, "Did you mean 'onnxruntime'"),
        ("onnxruntime:spining=true", UnknownName, "option of backend onnxruntime must be one of"),
        (
            "onnxruntime:spinning=maybe",
            InvalidValue,
            "'spinning' of backend onnxruntime must be true or false",
        ),
        (
            "onnxruntime:spinning=true,spinning=false",
            InvalidValue,
            "'spinning' of backend onnxruntime must be given once; got 'spinning=true,spinning=false'",
        ),
        ("opencv:spinning=true", UnknownName, "option of backend opencv"),
        ("onnxruntime:spinning", InvalidValue, "key=value"),
    ],
)
def test_what_no_backend_has_is_one_sentence(text, kind, said):
    with pytest.raises(kind, match=said):
        parse_backend(text)


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
        ("oil_painting@opencv:size=3,size=4", InvalidValue, "'size' of a trial must be given once"),
        ("oil_painting@opencv:input=4x4,megapixels=1", InvalidValue, "given without megapixels"),
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


@pytest.mark.parametrize(
    "text", ["", "4", "4x", "x4", "4x4x4", "-4x4", "4.0x4", "²x3", "٣x٣", "9" * 5000 + "x1", "4 x 4"]
)
def test_a_size_is_two_whole_numbers(text):
    with pytest.raises(InvalidValue, match="'input' of a trial must be WIDTHxHEIGHT in pixels"):
        parse_size(text)


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


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("", ()),
        ("fit_side.side=50", (("fit_side", {"side": 50}),)),
        (
            "fit_side.side=50,fit_pixels.pixels=9,fit_side.interpolation=cubic",
            (("fit_side", {"side": 50, "interpolation": "cubic"}), ("fit_pixels", {"pixels": 9})),
        ),
    ],
)
def test_pre_steps_are_read_in_the_order_of_their_first_parameter(text, steps):
    assert parse_steps(text) == steps
