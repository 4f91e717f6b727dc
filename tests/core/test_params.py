import math
from fractions import Fraction

import numpy as np
import pytest

from toolkit.core.errors import InvalidValue, UnknownName
from toolkit.core.params import Param, pair_text, resolve, value_text

SIZE = Param(name="size", default=7, low=2, high=64, unit="px")
SIGMA = Param(name="sigma", default=0.5, low=0.0, high=1.0)
TONE = Param(name="tone", default="grey", choices=("grey", "color"))
SHARP = Param(name="sharp", default=False)
BINS = Param(name="bins", default=8, choices=(8, 16))
NAMES = Param(name="names", default="a+b")
FREE = Param(name="free", default=1)


@pytest.mark.parametrize(
    ("param", "given", "kept"),
    [
        (SIZE, 2, 2),
        (SIZE, 64, 64),
        (SIZE, 9.0, 9),
        (SIZE, np.int16(9), 9),
        (SIZE, np.float32(9), 9),
        (SIGMA, 1, 1.0),
        (SIGMA, np.float64(0.25), 0.25),
        (SIGMA, Fraction(1, 4), 0.25),
        (TONE, "color", "color"),
        (NAMES, "a=b c", "a=b c"),
        (SHARP, True, True),
        (BINS, 16, 16),
        (FREE, -(2**40), -(2**40)),
    ],
)
def test_a_value_comes_back_in_the_declared_type(param, given, kept):
    answer = param.check(given, "test")
    assert answer == kept
    assert type(answer) is type(param.default)


@pytest.mark.parametrize(
    ("param", "given"),
    [
        *[
            (SIZE, wrong)
            for wrong in (1, 65, 9.5, "9", True, None, [9], np.array([9]), math.nan, math.inf, 10**400)
        ],
        *[
            (SIGMA, wrong)
            for wrong in (-1e-9, 1.0000001, math.nan, -math.inf, "0.5", False, 1j, np.bool_(True))
        ],
        *[(TONE, wrong) for wrong in ("red", "", 1, None)],
        *[(SHARP, wrong) for wrong in (0, 1, "true", None)],
        *[(NAMES, wrong) for wrong in ("a,b", " a", "a\n", 1, None)],
        *[(BINS, wrong) for wrong in (9, "8")],
    ],
)
def test_a_wrong_value_gets_one_sentence_with_constraint_and_default(param, given):
    with pytest.raises(InvalidValue) as caught:
        param.check(given, "test")
    said = str(caught.value)
    assert said.startswith(f"'{param.name}' of test must be {param.constraint}; got ")
    assert said.endswith(f" The default is {value_text(param.default)}.")


def test_a_whole_number_beyond_float_precision_is_not_changed_silently():
    with pytest.raises(InvalidValue):
        FREE.check(2**53 + 1, "test")


@pytest.mark.parametrize(
    ("param", "text", "kept"),
    [(SIZE, "9", 9), (SIGMA, "1e-1", 0.1), (SIGMA, "1", 1.0), (TONE, "color", "color"), (SHARP, "True", True),
     (SHARP, "false", False), (BINS, "16", 16)],
)  # fmt: skip
def test_written_values_are_read_in_the_declared_type(param, text, kept):
    answer = param.parse(text, "test")
    assert answer == kept
    assert type(answer) is type(param.default)


@pytest.mark.parametrize(
    ("param", "text"),
    [(SIZE, "9.5"), (SIZE, ""), (SIZE, "nan"), (SIZE, "9" * 400), (SIZE, "9" * 5000), (SIGMA, "nan"),
     (SIGMA, "inf"), (SIGMA, "half"), (TONE, "red"), (SHARP, "yes"), (BINS, "9")],
)  # fmt: skip
def test_wrongly_written_values_get_their_sentence(param, text):
    with pytest.raises(InvalidValue, match=f"'{param.name}' of test must be "):
        param.parse(text, "test")


@pytest.mark.parametrize(
    ("param", "words"),
    [
        (SIZE, "a whole number in [2, 64] px"),
        (SIGMA, "a number in [0, 1]"),
        (TONE, "one of grey, color"),
        (SHARP, "true or false"),
        (BINS, "one of 8, 16"),
        (FREE, "a whole number in [-inf, inf]"),
        (Param(name="name", default=""), "a text without comma or outer spaces"),
        (
            Param(name="pixels", default=1, low=1, high=400_000_000, unit="px"),
            "a whole number in [1, 400000000] px",
        ),
    ],
)
def test_the_constraint_in_words(param, words):
    assert param.constraint == words


def test_resolve_gives_every_parameter_in_declared_order():
    found = resolve((SIZE, SIGMA, TONE), {"tone": "color", "size": 9.0}, "test")
    assert list(found.items()) == [("size", 9), ("sigma", 0.5), ("tone", "color")]


def test_an_unknown_parameter_is_told_apart_from_none_at_all():
    with pytest.raises(
        UnknownName, match=r"parameter of test must be one of sigma, size; got 'sise'. Did you mean 'size'"
    ):
        resolve((SIZE, SIGMA), {"sise": 9}, "test")
    with pytest.raises(UnknownName, match=r"test takes no parameters; got 'size'."):
        resolve((), {"size": 9}, "test")


@pytest.mark.parametrize(
    ("param", "value", "text"),
    [
        (SHARP, True, "true"),
        (SIGMA, 0.25, "0.25"),
        (SIGMA, 1.0, "1"),
        (SIGMA, 1 / 3, "0.3333333333333333"),
        (SIZE, 9, "9"),
        (TONE, "color", "color"),
    ],
)
def test_a_value_as_text_is_read_back_as_the_same_value(param, value, text):
    assert value_text(value) == text
    assert param.parse(text, "test") == value
    assert pair_text(param.name, value) == f"{param.name}={text}"
