"""The values that a notebook may be given are checked before it runs."""

from __future__ import annotations

import json

import pytest

from toolkit.apps.report import parameters
from toolkit.core.errors import InvalidValue, UnknownName

CELL = """\
operations: list[str] = ["stylization"]  # what to measure
megapixels: list[float] = [0.5, 1.0]  # input sizes, MP
threads: int = 1  # in one process
budget_s: float | None = None  # no trial starts later
quick: bool = True  # three blocks instead of seven
note: str = ""  # free text
"""


@pytest.fixture
def notebook(tmp_path):
    return written(tmp_path, CELL)


def written(folder, source, tags=("parameters",)):
    path = folder / "mine.ipynb"
    cell = {"cell_type": "code", "source": source.splitlines(keepends=True), "metadata": {"tags": list(tags)}}
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_declared_lists_type_default_and_help(notebook):
    found = parameters.declared(notebook)
    assert list(found) == ["operations", "megapixels", "threads", "budget_s", "quick", "note"]
    one = found["megapixels"]
    assert (one.type, one.default, one.help) == ("list[float]", [0.5, 1.0], "input sizes, MP")


def test_a_notebook_without_the_tag_takes_nothing(tmp_path):
    assert parameters.declared(written(tmp_path, CELL, tags=())) == {}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("megapixels", "0.5,2", [0.5, 2.0]),
        ("megapixels", "[1, 2.5]", [1.0, 2.5]),
        ("megapixels", "4", [4.0]),
        ("operations", "stylization, oil_painting", ["stylization", "oil_painting"]),
        ("threads", "2", 2),
        ("quick", "false", False),
        ("budget_s", "60", 60.0),
        ("budget_s", "null", None),
        ("note", "12", "12"),
        ("megapixels", (1, 2), [1.0, 2.0]),
        ("threads", 2, 2),
        ("budget_s", None, None),
    ],
)
def test_a_value_arrives_in_the_declared_type(notebook, name, text, value):
    got = parameters.resolve(notebook, preset=None, given={name: text})[name]
    assert (got, type(got)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("threads", "two", "of type int"),
        ("threads", 1.5, "of type int"),
        ("threads", True, "of type int"),
        ("quick", "maybe", "of type bool"),
        ("megapixels", "a,b", "a list of float"),
        ("megapixels", float("nan"), "a list of float"),
        ("budget_s", "soon", "float or null"),
        ("note", 3, "of type str"),
        ("operations", [1], "a list of str"),
    ],
)
def test_a_value_of_another_type_is_refused_with_the_default(notebook, name, value, words):
    with pytest.raises(InvalidValue, match=words) as caught:
        parameters.resolve(notebook, preset=None, given={name: value})
    assert name in str(caught.value)
    assert "The default is" in str(caught.value)


def test_an_unknown_name_is_refused_with_a_suggestion(notebook):
    with pytest.raises(UnknownName, match="Did you mean 'megapixels'"):
        parameters.resolve(notebook, preset=None, given={"megapixel": 1})


def test_a_value_given_by_name_wins_over_the_preset(notebook, tmp_path):
    preset = tmp_path / "small.yaml"
    preset.write_text("megapixels: [2, 4]\nthreads: 2  # both\n")
    values = parameters.resolve(notebook, preset=preset, given={"threads": 1})
    assert values == {"megapixels": [2.0, 4.0], "threads": 1}


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        ("megapixel: 1", UnknownName, "in preset .*small.yaml"),
        ("threads: two", InvalidValue, "'threads'"),
        ("[1, 2]", InvalidValue, "lines of"),
        ("a: [", InvalidValue, "must be YAML"),
        (b"\xff\xfe\x00", InvalidValue, "small.yaml"),
        (None, InvalidValue, "No such file"),
    ],
)
def test_a_broken_preset_is_a_sentence(notebook, tmp_path, content, error, words):
    preset = tmp_path / "small.yaml"
    if content is not None:
        preset.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(error, match=words):
        parameters.resolve(notebook, preset=preset, given={})


@pytest.mark.parametrize("source", ["import os\n", "x = 1\n", "x: int = 1 +\n", "x: int = len('a')\n"])
def test_a_parameters_cell_holds_plain_values_only(tmp_path, source):
    with pytest.raises(InvalidValue, match="parameters cell"):
        parameters.declared(written(tmp_path, source))


def test_a_file_that_is_no_notebook_is_a_sentence(tmp_path):
    path = tmp_path / "mine.ipynb"
    path.write_text("[]")
    with pytest.raises(InvalidValue, match="cannot be read"):
        parameters.declared(path)


def test_a_notebook_is_found_by_name_with_or_without_its_number_and_by_path(notebook):
    assert parameters.find("00_tour") == parameters.find("tour") == parameters.find("00")
    assert parameters.find(str(notebook)) == notebook
    with pytest.raises(UnknownName, match="Did you mean '00_tour'"):
        parameters.find("00_tuor")
