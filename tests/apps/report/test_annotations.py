"""The types that people write in a parameters cell, and values that fit them or do not."""

from __future__ import annotations

import pytest

from toolkit.apps.report import annotations


@pytest.mark.parametrize(
    ("annotation", "said"),
    [
        ("int", "int"),
        ("list[float]", "a list of float"),
        ("list[list[int]]", "a list of a list of int"),
        ("float | None", "float or null"),
        ("typing.Optional[str]", "str or null"),
        ("Dict[str, int]", "a mapping"),
        ("'list[int]'", "a list of int"),
        ("Path", "Path"),
        ("", "any type"),
    ],
)
def test_a_type_in_words(annotation, said):
    assert annotations.words(annotation) == said


@pytest.mark.parametrize(
    "annotation", ["np.ndarray", "Literal['a']", "Callable[[int], str]", "Any", "mine.Kind"]
)
def test_a_type_that_is_not_known_takes_every_value(annotation):
    for value in (1, [1], {"a": 1}, None):
        assert annotations.convert(value, annotation) == value


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (True, "int"),
        (1, "bool"),
        (float("nan"), "float"),
        ("a: [", "list"),
        (1, "list"),
        (["1"], "list[int]"),
    ],
)
def test_what_does_not_fit(value, annotation):
    with pytest.raises(TypeError):
        annotations.convert(value, annotation)


def test_a_text_in_a_list_is_not_read_again():
    assert annotations.convert(["1,2", "null"], "list[str | None]") == ["1,2", "null"]
