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


def test_a_parameters_cell_that_is_no_python_is_a_sentence(tmp_path):
    with pytest.raises(InvalidValue, match="parameters cell"):
        parameters.declared(written(tmp_path, "x: int = 1 +\n"))


# What Papermill takes, and what `-p` then gives. Without a type, a value is of the kind of the default.
@pytest.mark.parametrize(
    ("source", "text", "value"),
    [
        ("alpha = 0.5", "0.7", 0.7),
        ("alpha = 0.5", "1", 1),
        ("n = 1", "1.5", 1.5),
        ("flag = True", "false", False),
        ("name = 'coffee'", "12", "12"),
        ("color = '#ff0000'  # of the frame", "#00ff00", "#00ff00"),
        ("sizes = [1]", "1,2", [1, 2]),
        ("nothing = None", "3", 3),
        ("where = Path('a')", "b", "b"),
        ("where: Path = Path('a')", "b", "b"),
        ("sizes: list = [1]", "1,2", [1, 2]),
        ("sizes: 'list[int]' = [1]", "1,2", [1, 2]),
        ("sizes: typing.List[float] = [1.0]", "1,2", [1.0, 2.0]),
        ("grid: list[list[int]] = [[1]]", "[[1, 2], [3]]", [[1, 2], [3]]),
        ("sizes = []  # type: list[int] in px", "1,2", [1, 2]),
        ("table: dict = {}", "{a: 1}", {"a": 1}),
        ("table: dict[str, float] = {'a': 1.0}", "{a: 1}", {"a": 1.0}),
        ("limit: Optional[int] = 3", "null", None),
        ("limit: Union[int, str] = 3", "many", "many"),
        ("limit: Optional[List[int]] = None", "1,2", [1, 2]),
        ("sizes = [\n    1,  # small\n    2,\n]  # all", "3", [3]),
        ("%matplotlib inline\nimport os\nprint(1)\nalpha = 0.5", "0.7", 0.7),
        ("# type: ignored\nalpha = 0.5  # type: float\n# type: what", "1", 1.0),
        ("ö = 'ü'; alpha = 0.5  # größer", "0.7", 0.7),
    ],
)
def test_a_cell_of_papermill_is_read_as_it_reads_it(tmp_path, source, text, value):
    notebook = written(tmp_path, source)
    name = list(parameters.declared(notebook))[-1]
    got = parameters.resolve(notebook, preset=None, given={name: text})[name]
    assert (got, type(got)) == (value, type(value))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("alpha = 0.5", "much"),
        ("flag = True", "1"),
        ("sizes: list[int] = [1]", "a"),
        ("table: dict = {}", "1,2"),
        ("limit: Optional[int] = 3", "many"),
        ("limit = 3  # type: int", "1.5"),
    ],
)
def test_a_value_of_another_kind_is_one_sentence(tmp_path, source, text):
    notebook = written(tmp_path, source)
    (name,) = parameters.declared(notebook)
    with pytest.raises(InvalidValue, match=f"{name!r} .* of type .*The default is"):
        parameters.resolve(notebook, preset=None, given={name: text})


def test_type_and_help_of_a_comment_are_apart(tmp_path):
    source = "a = 1  # type: int how many\nb = '#f00'  # the colour\nc = [\n  1\n]  # all"
    found = parameters.declared(written(tmp_path, source))
    assert [(one.type, one.help) for one in found.values()] == [
        ("int", "how many"),
        ("str", "the colour"),
        ("list", "all"),
    ]


def test_a_notebook_without_the_tag_refuses_a_parameter_in_one_sentence(tmp_path):
    with pytest.raises(UnknownName, match="'parameters'.* got 'alpha'"):
        parameters.resolve(written(tmp_path, CELL, tags=()), preset=None, given={"alpha": 1})


def test_a_file_of_the_current_folder_is_passed_by_its_absolute_path(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").touch()
    (tmp_path / "stylization").touch()  # a name of something else
    given = {"operations": ["a.png", "b.png", "stylization"], "note": "a.png"}
    values = parameters.resolve(notebook, preset=None, given=given)
    assert values == {
        "operations": [f"{tmp_path}/a.png", "b.png", "stylization"],
        "note": f"{tmp_path}/a.png",
    }


def test_the_current_folder_comes_before_the_notebooks_and_presets_that_ship(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert parameters.find("00_tour").parent != tmp_path
    assert parameters.find_preset("quick").parent.name == "presets"
    (tmp_path / "quick").mkdir()  # a folder is no preset
    assert parameters.find_preset("quick").parent.name == "presets"
    written(tmp_path, CELL).rename(tmp_path / "00_tour.ipynb")
    (tmp_path / "quick.yaml").write_text("threads: 2")
    assert parameters.find("00_tour") == parameters.find("00_tour.ipynb") == tmp_path / "00_tour.ipynb"
    assert parameters.find_preset("quick") == parameters.find_preset("quick.yaml") == tmp_path / "quick.yaml"


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
