"""A wrong type in a parameters cell that somebody edits is one sentence."""

from __future__ import annotations

import pytest

from toolkit.apps.report import check_parameters
from toolkit.core.errors import InvalidValue


def cell(text):
    namespace = {}
    exec(text, namespace)
    return namespace


@pytest.mark.parametrize(
    "line",
    [
        "megapixels: list[float] = 0.5",
        "megapixels: list[float] = ['0.5']",
        "workers: list[int] = [1.5]",
        "quick: bool = 1",
        "budget_s: float | None = '45'",
        "threads: int = True",
        "photo: str = None",
    ],
)
def test_a_value_of_another_type_is_refused(line):
    name = line.partition(":")[0]
    with pytest.raises(InvalidValue, match=f"'{name}' of this notebook must be"):
        check_parameters(cell(line))


def test_right_values_and_other_annotations_pass():
    check_parameters(
        cell("a: list[float] = [1, 2.5]\nb: float | None = None\nc: str = 'x'\nd: dict = {}\ne: int")
    )
    check_parameters({})
