"""The first screen of a case: the article's speed-up, the speed-up here of the same step and of Atelier, a finding."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.core import units
from toolkit.results.first_screen.origin import facts_of, machine_line
from toolkit.results.first_screen.screen import Card, FirstScreen, Pair, Tag
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.procedure import OURS
from toolkit.studies.cases.register import case_of
from toolkit.studies.cases.steps import NO_FINDINGS, Step, steps


def case_screen(run: CaseRun) -> FirstScreen:
    """The main result of a case in one sentence, with a card for the article's step and a card for Atelier's."""
    found = [step for step in steps(run)]
    published = [step for step in found if step.published]
    ours = [step for step in found if step.after.origin == OURS]
    return FirstScreen(
        lead=_lead(run, published, ours),
        machine=machine_line(run.machine),
        facts=[*facts_of([], run.machine), f"{run.time[:16].replace('T', ' ')} UTC"],
        tags=_tags(run),
        fingerprint=run.machine,
        cards=[
            *(_card("The article's step", step) for step in published[:1]),
            *(_card("Ours", step, pair=_pair(run)) for step in ours[:1]),
            *(
                []
                if run.is_smoke
                else [Card(title="What surprises", figures=[], sure=case_of(run.case).surprise(run))]
            ),
        ],
    )


def _lead(run: CaseRun, published: Sequence[Step], ours: Sequence[Step]) -> str:
    if run.is_smoke:
        return f"**{NO_FINDINGS.capitalize()}.** One block on small pictures shows that every part of this page runs."
    chosen = [*published[:1], *ours[:1]]
    if not chosen:
        return "**No procedure has a time here**: the table says why, and how to get the missing times."
    return " ".join(step.sentence for step in chosen)


def _tags(run: CaseRun) -> list[Tag]:
    timed = [row for row in run.rows if row.is_timed]
    tags = [Tag(f"{len(timed)} of {len(run.rows)} procedures measured", is_warning=run.is_cut)]
    tags.append(Tag(units.counted(run.n_rounds, "round"), is_warning=run.is_smoke))
    doubted = sum(bool(row.suspect) for row in timed)
    if doubted:
        tags.append(Tag(f"{doubted} of {len(timed)} rows disturbed", is_warning=True))
    else:
        tags.append(Tag("quiet machine"))
    return tags


def _card(title: str, step: Step, *, pair: Pair | None = None) -> Card:
    figures = [(step.factor_text, f"{step.outcome}, against {step.before.words}")]
    if step.published_text:
        figures.append((step.published_text, "in the article, on the article's machine"))
    quality = step.after.quality
    return Card(
        title=title,
        name=step.after.name,
        take=step.after.words,
        verb="Measured:",
        figures=figures,
        right=quality,
        is_right=not step.after.is_wrong,
        sure=f"{units.counted(step.verdict.n_rounds, 'round')} in turns; {step.after.size}",
        is_sure=step.verdict.outcome.is_difference and not step.is_smoke,
        pair=pair,
    )


def _pair(run: CaseRun) -> Pair | None:
    """The first and the last picture of the sheet, if both have the same size."""
    shown = list(run.pictures.items())
    if len(shown) < 2:
        return None
    (left, before), (right, after) = shown[0], shown[-1]
    if before.shape[:2] != after.shape[:2]:
        return None
    return Pair(before=before, after=after, left=left.partition("\n")[0], right=right.partition("\n")[0])
