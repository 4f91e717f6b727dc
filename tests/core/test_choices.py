import json

import pytest

from toolkit.core.choices import Device, Precision
from toolkit.core.errors import InvalidValue


def test_a_word_is_its_text_in_json_sets_and_sentences():
    assert json.dumps({Precision.INT8: [Device.CPU]}) == '{"int8": ["cpu"]}'
    assert {Precision.FP32, "fp32"} == {"fp32"}
    assert f"{Device.CUDA} {Device.CUDA!r}" == "cuda 'cuda'"


def test_text_becomes_the_word():
    assert Precision.check("bf16", "precision", "a placement") is Precision.BF16


@pytest.mark.parametrize("value", ["fp64", "", None, 8, ["fp32"]])
def test_an_unknown_word_is_refused_with_the_choices(value):
    with pytest.raises(InvalidValue, match="fp32, bf16, fp16, int8"):
        Precision.check(value, "precision", "a placement")
