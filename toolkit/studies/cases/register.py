"""Find a case study by its name; only the module of this case is imported."""

from __future__ import annotations

from collections.abc import Callable

from toolkit.core.errors import unknown
from toolkit.studies.cases.case import Case


def _art_workshop() -> Case:
    from toolkit.studies.cases.art_workshop import CASE

    return CASE


def _super_resolution_cpu() -> Case:
    from toolkit.studies.cases.super_resolution_cpu import CASE

    return CASE


def _super_resolution_gpu() -> Case:
    from toolkit.studies.cases.super_resolution_gpu import CASE

    return CASE


def _matting_batch() -> Case:
    from toolkit.studies.cases.matting_batch import CASE

    return CASE


def _anime_multicore() -> Case:
    from toolkit.studies.cases.anime_multicore import CASE

    return CASE


CASES: dict[str, Callable[[], Case]] = {
    "1_art_workshop": _art_workshop,
    "2_super_resolution_cpu": _super_resolution_cpu,
    "3_super_resolution_gpu": _super_resolution_gpu,
    "4_matting_batch": _matting_batch,
    "5_anime_multicore": _anime_multicore,
}


def case_of(name: str) -> Case:
    """The case study with this name.

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
