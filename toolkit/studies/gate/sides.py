"""Measure the same trials in two environments (sides: baseline and candidate), in turns, trial after trial."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from toolkit.analysis.design import BUDGET_S, HALF_WIDTH, Comparison
from toolkit.analysis.stats import Estimate
from toolkit.analysis.verdict import Verdict, disturbed
from toolkit.bench.lock import measuring_lock
from toolkit.contracts.outcome import Cause
from toolkit.contracts.trial import Trial
from toolkit.core.child_process import SOURCE
from toolkit.core.errors import AtelierError
from toolkit.images.similarity import difference
from toolkit.studies.gate.environments import name_of
from toolkit.workers.process import WorkerProcess

# The longest preparation of a version, s: computing a large reference output and exporting a model take long
_PREPARE_S = 1800.0
_BLOCK_S = 900.0
_NAMES = ("baseline", "candidate")


@dataclass(frozen=True, kw_only=True)
class Environment:
    """An environment in which trials are measured: the baseline's or the candidate's.

    Attributes
    ----------
    name : str
        Name of the environment in sentences: ``baseline 3fa9c1``.
    python : str
        Path of the environment's Python interpreter.
    source : Path
        Folder that contains the package ``toolkit`` of this environment.
    plugins : tuple of str
        Paths of the plug-in files of this environment.
    """

    name: str
    python: str = sys.executable
    source: Path = SOURCE
    plugins: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The measurements of one trial in the baseline and the candidate; in each pair the baseline comes first.

    Attributes
    ----------
    label : str
        The trial in words.
    verdict : Verdict or None
        Verdict on the times of the candidate against the baseline; None if no round was complete.
    estimates : pair of Estimate, or None
        Seconds per picture in the baseline and in the candidate.
    causes : pair of Cause
        For each environment, the reason why the trial failed there, or ``NONE``.
    notes : pair of str
        For each environment, a sentence that explains why the trial failed there.
    memory_bytes : pair of (int or None)
        Peak memory of a worker process in the baseline and in the candidate.
    quality : pair of dict
        For each environment, quality metrics against ground truth; empty without ground truth.
    agreement_db : float or None
        PSNR between the pictures of both environments; infinite for equal pictures; None if a picture is missing.
    """

    label: str
    verdict: Verdict | None = None
    estimates: tuple[Estimate, Estimate] | None = None
    causes: tuple[Cause, Cause] = (Cause.NONE, Cause.NONE)
    notes: tuple[str, str] = ("", "")
    memory_bytes: tuple[int | None, int | None] = (None, None)
    quality: tuple[dict[str, float], dict[str, float]] = field(default_factory=lambda: ({}, {}))
    agreement_db: float | None = None


@dataclass
class SidesRun:
    """The measurements of all trials, and the versions of all packages in both environments."""

    versions: tuple[dict[str, str], dict[str, str]]
    cells: list[Cell] = field(default_factory=list)

    def differing(self, *, but: str = "") -> list[str]:
        """The packages whose versions differ, without the package `but`: ``numpy 2.4.6 and 2.2.1``."""
        first, second = ({name_of(name): v for name, v in versions.items()} for versions in self.versions)
        return [
            f"{name} {first.get(name, 'missing')} and {second.get(name, 'missing')}"
            for name in sorted(first.keys() | second.keys())
            if name != but and first.get(name) != second.get(name)
        ]


def measure_sides(
    baseline: Environment,
    candidate: Environment,
    trials: Sequence[Trial],
    *,
    budget_s: float = BUDGET_S,
    half_width: float = HALF_WIDTH,
    on_cell: Callable[[str], None] = lambda label: None,
    on_wait: Callable[[str], None] | None = None,
) -> SidesRun:
    """Measure each trial in the baseline and in the candidate, in turns.

    Parameters
    ----------
    trials : sequence of Trial
        Trials to measure in both environments.
    budget_s : float
        Longest time for measuring one trial in turns, s.
    half_width : float
        The rounds of a trial end when the 95 % interval of the ratio of times has this half-width.
    on_cell : callable
        A function that receives the text of each trial before the trial is measured.

    Raises
    ------
    WorkerFailed
        The program of an environment cannot start, because its interpreter or its version of Atelier does not fit.
    """
    with measuring_lock(on_wait), ExitStack() as stack:
        sides = [
            stack.enter_context(
                WorkerProcess({}, program="toolkit.bench.side", python=one.python, source=one.source)
            )
            for one in (baseline, candidate)
        ]
        first, second = (side.ask("versions", timeout_s=120.0) for side in sides)
        run = SidesRun(versions=(first, second))
        for trial in trials:
            on_cell(str(trial))
            run.cells.append(
                _cell(sides, (baseline, candidate), trial, budget_s=budget_s, half_width=half_width)
            )
        return run


def _cell(
    sides: Sequence[WorkerProcess],
    environments: Sequence[Environment],
    trial: Trial,
    *,
    budget_s: float,
    half_width: float,
) -> Cell:
    states = [
        _asked(side, "open", trial=str(trial), plugins=list(one.plugins))
        for side, one in zip(sides, environments, strict=True)
    ]
    if not all(_has_times(state) for state in states):
        return Cell(label=str(trial), **_faults(states))
    design, suspects = _rounds(sides, states, budget_s=budget_s, half_width=half_width)
    faults = _faults(states)
    if not all(_has_times(state) for state in states):
        return Cell(label=str(trial), **faults)
    verdict = design.verdict()
    if all(2 * sum(map(bool, marks)) >= len(marks) for marks in suspects.values()):
        example = next(mark for mark in suspects["candidate"] if mark)
        verdict = disturbed(verdict, f"for example, {example}")
    return Cell(
        label=str(trial),
        verdict=verdict,
        estimates=(design.estimate(_NAMES[0]), design.estimate(_NAMES[1])),
        memory_bytes=_pair(_asked(side, "memory") for side in sides),
        quality=_pair(_asked(side, "quality") for side in sides),
        agreement_db=_agreement_db(sides),
        **faults,
    )


def _rounds(
    sides: Sequence[WorkerProcess], states: list[dict[str, Any]], *, budget_s: float, half_width: float
) -> tuple[Comparison, dict[str, list[str]]]:
    """Time the baseline and the candidate in turns, and write the last status report of each into `states`.

    Returns
    -------
    (Comparison, dict)
        The dict maps ``baseline`` and ``candidate`` to what disturbed the machine during each block of calls.
    """
    design = Comparison(_NAMES, half_width=half_width, budget_s=budget_s)
    suspects: dict[str, list[str]] = {name: [] for name in _NAMES}
    while (turn := design.next_turn()) is not None:
        place, started = _NAMES.index(turn.configuration), perf_counter()
        found = _asked(
            sides[place],
            "block",
            number=turn.round_index,
            iterations=turn.iterations,
            limit_s=turn.limit_s,
        )
        states[place] = found
        suspects[turn.configuration].append("; ".join(found.get("suspect", ())))
        design.record(turn, found.get("samples_s", []), cost_s=perf_counter() - started)
    return design, suspects


def _asked(side: WorkerProcess, do: str, **arguments: Any) -> Any:
    """Send a request to an environment's program; return its answer, or the cause and the message of an error."""
    try:
        return side.ask(do, timeout_s=_BLOCK_S if do == "block" else _PREPARE_S, **arguments)
    except AtelierError as error:
        return {"cause": str(getattr(error, "cause", Cause.of(error))), "note": str(error)}


def _has_times(state: dict[str, Any]) -> bool:
    cause = Cause(state["cause"])
    return cause is Cause.NONE or cause.is_wrong_picture


def _faults(states: Sequence[dict[str, Any]]) -> dict[str, Any]:
    one, two = states
    return {
        "causes": (Cause(one["cause"]), Cause(two["cause"])),
        "notes": (one["note"], two["note"]),
    }


def _pair(found: Any) -> Any:
    one, two = found
    return one, two


def _agreement_db(sides: Sequence[WorkerProcess]) -> float | None:
    """PSNR between the pictures of the baseline and the candidate, dB."""
    with tempfile.TemporaryDirectory(prefix="atelier-sides-") as folder:
        files = [Path(folder) / f"{number}.npy" for number in range(len(sides))]
        answers = [_asked(side, "picture", file=str(file)) for side, file in zip(sides, files, strict=True)]
        if any(answer is not None for answer in answers):
            return None
        one, two = (np.load(file) for file in files)
        if one.shape != two.shape:
            return None
        found = difference(one, two).psnr_db
        return float("inf") if found is None else found
