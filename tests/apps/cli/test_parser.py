"""Wrong options and arguments are refused with one sentence that suggests the right one."""

from __future__ import annotations

import pytest

from tests.apps.cli.conftest import Refused
from toolkit.apps.cli.parser import Parser, reads
from toolkit.core.errors import InvalidValue, UnknownName
from toolkit.core.params import Param


def test_unknown_option_gets_a_suggestion(refused: Refused) -> None:
    sentence = refused(["apply", "oil_painting", "coffee", "out.png", "--sizes", "3"])
    assert "Did you mean '--size'?" in sentence


def test_missing_argument_names_it(refused: Refused) -> None:
    assert "IN, OUT" in refused(["apply", "oil_painting"])


def test_superfluous_argument_isrefused(refused: Refused) -> None:
    assert "unexpected argument 'more'" in refused(["list", "images", "more"])


def test_an_option_of_another_command_is_unknown(refused: Refused) -> None:
    assert "option of atelier cache show" in refused(["cache", "show", "--store", "x"])


def test_an_option_is_checked_as_its_param_declares() -> None:
    parser = Parser(prog="it")
    parser.add_argument("--size", type=reads(Param(name="size", default=3, low=1, high=9, unit="px"), "it"))
    assert parser.parse_args(["--size", "4"]).size == 4
    with pytest.raises(InvalidValue, match=r"\[1, 9\] px; got 10.* See it --help"):
        parser.parse_args(["--size", "10"])


def test_a_choice_gets_a_suggestion() -> None:
    parser = Parser(prog="it")
    parser.add_argument("kind", choices=("operations", "images"), metavar="KIND")
    with pytest.raises(UnknownName, match="kind must be .* Did you mean 'images'"):
        parser.parse_args(["image"])


def test_the_first_argument_is_found_among_options() -> None:
    parser = Parser(prog="it")
    parser.add_argument("--backend")
    found = parser.first_argument(["--backend", "opencv", "bicubic", "in.png", "--scale", "3"])
    assert (found.first, found.backend) == ("bicubic", "opencv")
    assert parser.first_argument(["--help"]).first is None
