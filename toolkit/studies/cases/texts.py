"""The sentences on a case study's page, made from the results of one run: verdicts, findings and advice."""

from __future__ import annotations

from toolkit.results.sentences.phrases import Conclusions
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.register import case_of
from toolkit.studies.cases.steps import NO_FINDINGS, not_timed, steps


def verdict_sentences(run: CaseRun) -> Conclusions:
    """One sentence for each comparison of two procedures, and one for each procedure without a time."""
    entries = [(step.outcome.capitalize(), step.sentence) for step in steps(run)]
    entries += [("No time", f"{words}: {note}") for words, note in not_timed(run)]
    return Conclusions(tuple(entries))


def findings(run: CaseRun) -> Conclusions:
    """Findings of a run that the case's article does not mention."""
    entries = [*case_of(run.case).findings(run), *_unanswered(run)]
    if run.is_smoke:
        entries.insert(
            0, (NO_FINDINGS.capitalize(), "the numbers below show only that each part of this page runs.")
        )
    return Conclusions(tuple(entries))


def advice(run: CaseRun) -> Conclusions:
    """The paragraph "Do this", which advises a procedure, or a new measurement if the rounds are too few."""
    if run.is_smoke:
        return Conclusions((("Do this", f"run the quick preset first ({NO_FINDINGS})."),))
    timed = [row for row in run.rows if row.is_timed]
    if timed and all(row.is_disturbed for row in timed):
        why = next(row.suspect[0] for row in timed if row.suspect)
        return Conclusions((("Do this", f"measure again on a quiet machine: {why}."),))
    return Conclusions((("Do this", case_of(run.case).advice(run)),))


def _unanswered(run: CaseRun) -> list[tuple[str, str]]:
    case = case_of(run.case)
    return [("Measurement failed", f"{case.probe(name).words}: {why}") for name, why in run.errors.items()]
