"""Compare each procedure of a case study with an earlier procedure, and put the verdicts into sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from toolkit.analysis.discovery import control
from toolkit.analysis.stats import MIN_PROCESSES, Estimate, log_median
from toolkit.analysis.verdict import Outcome, Verdict, compare_medians, disturbed
from toolkit.core import units
from toolkit.results.sentences.answer import faster_text, from_to
from toolkit.studies.cases.case_run import CaseRun, ProcedureRow
from toolkit.studies.cases.published_figures import published

NO_FINDINGS = "smoke: no findings"
"""Text in place of a verdict if a run has too few rounds for findings (a smoke test)."""


@dataclass(frozen=True)
class Step:
    """A comparison of two procedures.

    Attributes
    ----------
    before, after : ProcedureRow
        The two compared procedures with their measurements.
    verdict : Verdict
        Whether `after` is faster than `before`, by the time of a request, or of a picture if requests make
        different numbers of pictures.
    published : (float, float) or None
        Lowest and highest speed-up according to the article.
    is_smoke : bool
        Whether the run has too few rounds for a verdict.
    """

    before: ProcedureRow
    after: ProcedureRow
    verdict: Verdict
    published: tuple[float, float] | None
    is_smoke: bool

    @property
    def factor(self) -> Estimate:
        """How many times as fast the procedure `after` is as the procedure `before`."""
        v = self.verdict
        low, high = (None if end is None else 1 / end for end in (v.high, v.low))
        return Estimate(1 / v.ratio, low, high, v.n_rounds, 0)

    @property
    def outcome(self) -> str:
        """The verdict of a comparison in words, or a note that a run with too few rounds has no verdict."""
        return NO_FINDINGS if self.is_smoke else self.verdict.outcome.value

    @property
    def factor_text(self) -> str:
        """The speed-up, such as ``x 2.93 (2.80 to 3.05)``; ``no speed-up known`` if the run has too few rounds."""
        if self.is_smoke or not self.factor.has_interval:
            return "no speed-up known"
        return f"{units.ratio(self.factor.value)}{from_to(self.factor)}"

    @property
    def published_text(self) -> str:
        """The article's speed-up as text; ``""`` if the article gives no speed-up."""
        if self.published is None:
            return ""
        return factor_span(self.published)

    @property
    def sentence(self) -> str:
        """One sentence with the verdict, the pictures' size, the speed-up's interval and the article's speed-up."""
        a, b = self.before, self.after
        where = f" ({b.size})" if b.size else ""
        article = f" The article gives a speed-up of {self.published_text}." if self.published_text else ""
        if self.is_smoke:
            return f"{b.words}: {_time(b)} per request{where}, one process, {NO_FINDINGS}."
        wrong = f' The picture of "{a.words}" is wrong.' if a.is_wrong else ""
        if self.verdict.outcome.is_difference:
            said = f"{b.words} is {faster_text(self.factor)} than {a.words}{where}."
        elif self.verdict.outcome is Outcome.SAME:
            said = f"{b.words} takes the same time as {a.words}{where}."
        elif self.verdict.low is None:
            said = f"{b.words} and {a.words} cannot be compared: {self.verdict.reason}{where}."
        else:
            said = f"no difference in speed found between {b.words} and {a.words}{where}: {self.factor_text}."
        return f"{said[0].upper()}{said[1:]}{article}{wrong}"


def steps(run: CaseRun) -> list[Step]:
    """Compare each procedure of a run with the procedure that `against` names; limit the share of wrong verdicts."""
    found = [_compared(run, row.against, row.name) for row in run.rows if row.against]
    kept = [step for step in found if step is not None]
    controlled = control([step.verdict for step in kept])
    return [replace(step, verdict=verdict) for step, verdict in zip(kept, controlled, strict=True)]


def step_of(run: CaseRun, after: str) -> Step | None:
    """The comparison whose `after` is the named procedure; None if one of its two procedures was not timed."""
    return next((step for step in steps(run) if step.after.name == after), None)


def compared(run: CaseRun, before: str, after: str) -> Step | None:
    """Compare two procedures, with the same verdict as in the table; None if one of the procedures was not timed."""
    if run.is_timed(before, after) and run.row(after).against == before:
        return step_of(run, after)
    return _compared(run, before, after)


def _compared(run: CaseRun, before: str, after: str) -> Step | None:
    if not run.is_timed(before, after):
        return None
    a, b = run.row(before), run.row(after)
    verdict = _verdict(a, b)
    return Step(a, b, verdict, published(run.case).factor(before, after), run.is_smoke)


def _verdict(a: ProcedureRow, b: ProcedureRow) -> Verdict:
    shared = sorted({block.round for block in a.blocks} & {block.round for block in b.blocks})
    sides = []
    for row in (a, b):
        samples = {block.round: block.samples_s for block in row.blocks}
        scale = row.batch if a.batch != b.batch else 1
        sides.append([log_median([s / scale for s in samples[number]]) for number in shared])
    verdict = compare_medians(*sides, paired=True)
    if a.is_disturbed and b.is_disturbed and len(shared) >= MIN_PROCESSES:
        return disturbed(verdict, (a.suspect or b.suspect)[0])
    return verdict


def not_timed(run: CaseRun) -> list[tuple[str, str]]:
    """The procedures without a time, grouped by reason, and for each reason how to get a time."""
    words: dict[str, list[str]] = defaultdict(list)
    for row in run.rows:
        if not row.is_timed:
            words[f"{row.status}. {row.note}"].append(row.words)
    return [("; ".join(names), why) for why, names in words.items()]


def sentences_of(found: Iterable[Step | None]) -> list[str]:
    """One sentence for each comparison of two procedures that were timed."""
    return [step.sentence for step in found if step is not None]


def factor_or_none(step: Step | None) -> Estimate | None:
    """The speed-up of a comparison whose verdict is a difference; None for any other verdict."""
    if step is None or step.is_smoke or not step.verdict.outcome.is_difference:
        return None
    return step.factor


def fastest(run: CaseRun, names: Sequence[str]) -> ProcedureRow | None:
    """The named procedure with the shortest time per picture; None if none of the named procedures was timed."""
    timed = [row for row in run.rows if row.name in names and row.is_timed]
    return min(timed, key=lambda row: row.time.value / row.batch, default=None)


def factor_span(factor: tuple[float, float]) -> str:
    """A published speed-up as text, such as ``x 1.2``, or ``x 1.2 to 1.5`` if the article gives a range."""
    return f"x {units.span(factor, lambda value: units.number(value, digits=2))}"


def psnr_text(value: float | None, reference: str) -> str:
    """The PSNR in dB as text, or "equal to `reference`" for an equal picture."""
    return f"equal to {reference}" if value is None else units.decibels(value)


def _time(row: ProcedureRow) -> str:
    return units.seconds(row.time.value)
