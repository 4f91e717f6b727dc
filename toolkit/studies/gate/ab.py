"""Compare two versions of a package in two virtual environments whose requirements differ in one line."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from toolkit.analysis.design import BUDGET_S, HALF_WIDTH
from toolkit.contracts.trial import Trial
from toolkit.core.errors import InvalidValue, Unavailable
from toolkit.studies.gate.environments import environment_of, name_of
from toolkit.studies.gate.sides import Environment, SidesRun, measure_sides


@dataclass(frozen=True, kw_only=True)
class PackagesRun:
    """The result of measuring two versions of a package in turns.

    Attributes
    ----------
    run : SidesRun
        The measurements of all trials with both versions of the package.
    others : tuple of str
        Other packages whose versions differ, although the requirements differ in one line only: ``numpy 2.4.6
        and 2.2.1``.
    """

    run: SidesRun
    others: tuple[str, ...]


def measure_packages(
    line_a: str,
    line_b: str,
    trials: Sequence[Trial],
    *,
    budget_s: float = BUDGET_S,
    half_width: float = HALF_WIDTH,
    tell: Callable[[str], None] = lambda sentence: None,
) -> PackagesRun:
    """Measure trials with two versions of one package, in turns.

    Parameters
    ----------
    line_a, line_b : str
        Two requirements of one package: ``opencv-contrib-python==4.14.*``.
    trials : sequence of Trial
        Trials to measure; both versions of the package run the same plug-ins.
    tell : callable
        A function that receives sentences on the progress.

    Raises
    ------
    InvalidValue
        `line_a` and `line_b` name different packages, or are equal.
    Unavailable
        One of the two versions of the package cannot be installed.
    """
    name = name_of(line_a)
    if name != name_of(line_b) or line_a.strip() == line_b.strip():
        raise InvalidValue(
            f"the two requirements must be two versions of one package; got {line_a!r} and {line_b!r}. "
            "Write them as opencv-contrib-python==4.14.* and opencv-contrib-python==5.0.*."
        )
    plugins = tuple(dict.fromkeys(path for trial in trials for path, _ in trial.plugins))
    pythons = _pythons((line_a, line_b), name, trials, tell)
    sides = [
        Environment(name=line, python=python, plugins=plugins)
        for line, python in zip((line_a, line_b), pythons, strict=True)
    ]
    run = measure_sides(
        *sides, trials, budget_s=budget_s, half_width=half_width, on_cell=lambda at: tell(f"Measuring {at}.")
    )
    return PackagesRun(run=run, others=tuple(run.differing(but=name)))


def _pythons(
    lines: tuple[str, str], name: str, trials: Sequence[Trial], tell: Callable[[str], None]
) -> list[str]:
    """Make a virtual environment for each of `lines`; other packages have the versions installed here if possible."""
    others = sorted(_needed(trials) - {name})
    pinned = [f"{other}=={importlib.metadata.version(other)}" for other in others]
    found = []
    for line in lines:
        tell(f"Making a virtual environment with {line}.")
        try:
            found.append(environment_of([line, *pinned]))
        except Unavailable:
            tell(
                f"{line} is not compatible with the packages installed here; pip chooses other versions of them."
            )
            found.append(environment_of([line, *others]))
    return found


def _needed(trials: Iterable[Trial]) -> set[str]:
    """Names of the installed distributions that this package's core and the backends of the trials need."""
    names = {name_of(part.backend.distribution) for trial in trials for part in trial.parts}
    names.add(name_of(_distribution_of_reference(trials)))
    needed, todo = set[str](), {*names, *_requirements("atelier")} - {""}
    while todo:
        one = todo.pop()
        try:
            importlib.metadata.version(one)
        except importlib.metadata.PackageNotFoundError:
            continue
        needed.add(one)
        todo |= _requirements(one) - needed
    return needed


def _distribution_of_reference(trials: Iterable[Trial]) -> str:
    from toolkit.contracts.backend import backend_named

    return next((backend_named(trial.reference).distribution for trial in trials), "")


def _requirements(distribution: str) -> set[str]:
    """Names of the distributions that a distribution requires without its extras."""
    lines = importlib.metadata.requires(distribution) or []
    return {name_of(line) for line in lines if "extra ==" not in line}
