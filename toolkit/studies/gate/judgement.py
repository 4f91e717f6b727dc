"""Judge for each trial whether a candidate version is worse than a baseline version by more than allowed limits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from toolkit.analysis.discovery import control
from toolkit.analysis.verdict import Outcome, Verdict
from toolkit.contracts.outcome import Cause
from toolkit.core import units
from toolkit.studies.gate.sides import Cell


class State(StrEnum):
    """The judgement of one trial that was measured in the baseline and the candidate, or of all trials together."""

    REGRESSION = "REGRESSION"
    CANT_TELL = "COULD NOT TELL"
    PASSED = "PASSED"


EXIT_CODES = {State.PASSED: 0, State.REGRESSION: 4, State.CANT_TELL: 5}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much more time and memory, and how much less quality, a candidate version may have than the baseline.

    Attributes
    ----------
    slowdown : float
        Allowed additional time as a fraction: 0.03 allows 3 % more time.
    memory_growth : float or None
        Allowed additional memory as a fraction: 0.05 allows 5 % more; None: memory is not judged.
    quality_drop_db : float or None
        Allowed loss of PSNR against ground truth, dB; None: quality is not judged.
    """

    slowdown: float = 0.03
    memory_growth: float | None = None
    quality_drop_db: float | None = None


@dataclass(frozen=True, kw_only=True)
class CellJudgement:
    """One trial's measurements in the baseline and the candidate, their judgement, and the reasons for it."""

    cell: Cell
    state: State
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The judgement on a candidate version over all measured trials.

    Attributes
    ----------
    baseline, candidate : str
        Names of the two compared versions of the code.
    cells : tuple of CellJudgement
        The judgement of each trial.
    limits : Limits
        The limits by which the trials were judged.
    notes : tuple of str
        Notes on all trials, such as packages whose versions differ.
    """

    baseline: str
    candidate: str
    cells: tuple[CellJudgement, ...]
    limits: Limits
    notes: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """The state of all trials together: REGRESSION if one trial is a regression; COULD NOT TELL without a trial."""
        states = {cell.state for cell in self.cells}
        return next((s for s in (State.REGRESSION, State.CANT_TELL) if s in states), self._without_faults)

    @property
    def _without_faults(self) -> State:
        return State.PASSED if self.cells else State.CANT_TELL

    @property
    def exit_code(self) -> int:
        """Exit code of ``atelier gate``: 0 without a regression, 4 with a regression, 5 if the result is unknown."""
        return EXIT_CODES[self.state]

    def headline(self) -> str:
        """The judgement over all trials in one sentence."""
        n, of = len(self.cells), f"{self.candidate} against {self.baseline}"
        count = {state: sum(cell.state is state for cell in self.cells) for state in State}
        if not n:
            return f"{State.CANT_TELL}: nothing was measured, because no trial was given for {of}."
        if self.state is State.PASSED:
            found = [c.cell.verdict.smallest_effect for c in self.cells if c.cell.verdict is not None]
            seen = max((effect for effect in found if effect is not None), default=None)
            could = (
                ""
                if seen is None
                else f" The gate would detect nine of ten slowdowns of {units.percent(seen)}."
            )
            return f"{State.PASSED}: no regression in {n} of {n} trials, {of}.{could}"
        return f"{self.state}: {count[self.state]} of {n} trials, {of}."

    def lines(self) -> list[str]:
        """The judgement as lines of text: a headline, a line for each trial (worst first), and notes."""
        order = list(State)
        said = [self.headline()]
        for one in sorted(self.cells, key=lambda one: order.index(one.state)):
            said.append(f"{one.state}: {one.cell.label}: {'; '.join(one.reasons)}.")
        return [*said, *self.notes]

    def __str__(self) -> str:
        return "\n".join(self.lines())


def judge(
    cells: Sequence[Cell],
    limits: Limits,
    *,
    baseline: str,
    candidate: str,
    notes: Sequence[str] = (),
) -> Judgement:
    """Judge a candidate version on all trials, with a false discovery rate of at most 5 % over all trials."""
    measured = [cell.verdict for cell in cells if cell.verdict is not None]
    controlled = iter(control(measured))
    cells = [cell if cell.verdict is None else replace(cell, verdict=next(controlled)) for cell in cells]
    return Judgement(
        baseline=baseline,
        candidate=candidate,
        cells=tuple(_judged(cell, limits) for cell in cells),
        limits=limits,
        notes=tuple(notes),
    )


def _judged(cell: Cell, limits: Limits) -> CellJudgement:
    worse: list[str] = []
    unknown: list[str] = []
    fine: list[str] = []
    _judge_picture(cell, worse, unknown)
    if not worse and not unknown:
        _judge_time(cell, limits.slowdown, worse, unknown, fine)
        _judge_memory(cell, limits.memory_growth, worse, unknown, fine)
        _judge_quality(cell, limits.quality_drop_db, worse, unknown, fine)
        if cell.agreement_db is not None and math.isfinite(cell.agreement_db):
            fine.append(
                f"the candidate's picture differs from the baseline's picture: PSNR {units.decibels(cell.agreement_db)}"
            )
    if worse:
        return CellJudgement(cell=cell, state=State.REGRESSION, reasons=tuple(worse))
    if unknown:
        return CellJudgement(cell=cell, state=State.CANT_TELL, reasons=tuple(unknown))
    return CellJudgement(cell=cell, state=State.PASSED, reasons=tuple(fine))


def _judge_picture(cell: Cell, worse: list[str], unknown: list[str]) -> None:
    before, after = cell.causes
    if before is not Cause.NONE:
        unknown.append(f"the baseline makes no right picture: {cell.notes[0].rstrip('.')}")
    elif after.is_wrong_picture or after in (Cause.RAISED, Cause.DIED, Cause.TIMED_OUT):
        worse.append(f"the candidate makes no right picture: {cell.notes[1].rstrip('.')}")
    elif after is not Cause.NONE:
        unknown.append(f"the candidate could not be measured: {cell.notes[1].rstrip('.')}")


def _judge_time(cell: Cell, allowed: float, worse: list[str], unknown: list[str], fine: list[str]) -> None:
    v = cell.verdict
    if v is None or v.low is None or v.high is None:
        reason = "no round was complete" if v is None else v.reason
        unknown.append(f"the times cannot be compared: {reason}")
        return
    limit = f"{units.percent(allowed)} more time is allowed"
    if v.outcome is Outcome.SLOWER and v.ratio > 1 + allowed:
        worse.append(f"the candidate takes {_change(v)} the time of the baseline; {limit}")
    elif v.high > 1 + allowed:
        unknown.append(
            f"the candidate takes {_change(v)} the time of the baseline, and may be too slow; {limit}"
        )
    else:
        fine.append(f"the candidate takes {_change(v)} the time of the baseline; {limit}")


def _judge_memory(
    cell: Cell, allowed: float | None, worse: list[str], unknown: list[str], fine: list[str]
) -> None:
    before, after = cell.memory_bytes
    if allowed is None:
        return
    if not before or not after:
        unknown.append("the memory of the baseline or of the candidate could not be measured")
        return
    said = f"the candidate needs {units.byte_count(after)} of memory, and the baseline needs {units.byte_count(before)}"
    (worse if after > before * (1 + allowed) else fine).append(said)


def _judge_quality(
    cell: Cell, allowed_db: float | None, worse: list[str], unknown: list[str], fine: list[str]
) -> None:
    before, after = cell.quality
    if allowed_db is None:
        return
    names = sorted(name for name in before if name.endswith("_db"))
    if not names:
        fine.append("the quality is not judged, because the photos have no ground truth")
    for name in names:
        metric = name.removesuffix("_db")
        if name not in after:
            unknown.append(f"the candidate's {metric} could not be measured")
            continue
        said = f"the candidate's {metric} is {after[name]:.2f} dB, and {before[name]:.2f} dB in the baseline"
        (worse if before[name] - after[name] > allowed_db else fine).append(said)


def _change(v: Verdict) -> str:
    """The ratio of times with its 95 % confidence interval, in words."""
    return f"{v.ratio:.3f} times ({v.low:.3f} to {v.high:.3f})"
