"""The case studies by their names; a process that runs one of them imports no other."""

from __future__ import annotations

from collections.abc import Callable

from toolkit.core.errors import unknown
from toolkit.studies.cases.case import Case


def _art_workshop() -> Case:
    from toolkit.studies.cases.art_workshop import CASE

    return CASE


CASES: dict[str, Callable[[], Case]] = {
    "1_art_workshop": _art_workshop,
}


def case_of(name: str) -> Case:
    """A case by its name.

    Raises
    ------
    UnknownName

    Examples
    --------
    >>> case_of("1_art_workshop").title
    'An art-filter service that stalls on 12 MP photos'
    """
    if name not in CASES:
        raise unknown("case", name, CASES)
    return CASES[name]()
