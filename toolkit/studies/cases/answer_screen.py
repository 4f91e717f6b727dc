"""The summary at the top of a case study's page: speed-ups of the published article and of Atelier."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.core import units
from toolkit.results.first_screen.origin import facts_of, machine_line
from toolkit.results.first_screen.screen import Card, FirstScreen, Pair, Tag
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.procedure import OURS, PUBLISHED
from toolkit.studies.cases.published_figures import published
from toolkit.studies.cases.register import case_of
from toolkit.studies.cases.steps import NO_FINDINGS, Step, factor_or_none, factor_span, steps

IN_ARTICLE = "according to the article, on the article's machine"


def case_screen(run: CaseRun) -> FirstScreen:
    """A summary of a case: a sentence, a card with the article's speed-up, and a card with Atelier's speed-up."""
    found = steps(run)
    article, ours = _article_step(found), _our_step(found)
    cards = [
        _card("The article's speed-up", article) if article else None,
        None if article and article.published else _card_without_time(run),
        _card("Atelier's speed-up", ours, pair=_pair(run)) if ours else None,
        None if run.is_smoke else _surprise_card(run),
    ]
    return FirstScreen(
        lead=_lead(run, [step for step in (article, ours) if step]),
        machine=machine_line(run.machine),
        facts=[*facts_of([], run.machine), f"{run.time[:16].replace('T', ' ')} UTC"],
        tags=_tags(run),
        fingerprint=run.machine,
        cards=[card for card in cards if card],
    )


def _article_step(found: Sequence[Step]) -> Step | None:
    """The first comparison whose speed-up the article prints, else the first with a procedure of the article."""
    told = [step for step in found if step.published]
    return next(iter([*told, *(step for step in found if step.after.origin == PUBLISHED)]), None)


def _our_step(found: Sequence[Step]) -> Step | None:
    """The comparison of an Atelier procedure with the largest speed-up among those whose picture is right."""
    ours = [step for step in found if step.after.origin == OURS and not step.after.is_wrong]
    return max(ours, key=lambda step: getattr(factor_or_none(step), "value", 0.0), default=None)


def _lead(run: CaseRun, chosen: Sequence[Step]) -> str:
    if run.is_smoke:
        return (
            f"**{NO_FINDINGS.capitalize()}.** One short measurement on small pictures shows that every part of this "
            "page runs."
        )
    if not chosen:
        return (
            "**No procedure was timed on this machine**: the table of procedures says why, and how to get the "
            "missing times."
        )
    return " ".join(step.sentence for step in chosen)


def _surprise_card(run: CaseRun) -> Card:
    said = case_of(run.case).surprise(run)
    return Card(title="What surprises", figures=[], sure=said[:1].upper() + said[1:])


def _card_without_time(run: CaseRun) -> Card | None:
    """A card with the article's speed-up by a procedure that was not timed on this machine, and the reason."""
    for row in run.rows:
        gain = published(run.case).factor(row.against, row.name)
        if gain and not row.is_timed:
            figures = [(row.status, row.note.partition(". ")[0]), (factor_span(gain), IN_ARTICLE)]
            title, verb = "The article's speed-up, not measured on this machine", "Not measured:"
            return Card(title=title, name=row.name, take=row.words, verb=verb, figures=figures)
    return None


def _tags(run: CaseRun) -> list[Tag]:
    timed = [row for row in run.rows if row.is_timed]
    tags = [Tag(f"{len(timed)} of {len(run.rows)} procedures measured", is_warning=run.is_cut)]
    tags.append(Tag(units.counted(run.n_rounds, "round"), is_warning=run.is_smoke))
    doubted = sum(bool(row.suspect) for row in timed)
    if doubted:
        tags.append(Tag(f"{doubted} of {len(timed)} rows disturbed by other work", is_warning=True))
    else:
        tags.append(Tag("quiet machine"))
    return tags


def _card(title: str, step: Step, *, pair: Pair | None = None) -> Card:
    figures = [(step.factor_text, f"{step.outcome}, against {step.before.words}")]
    if step.published_text:
        figures.append((step.published_text, IN_ARTICLE))
    return Card(
        title=title,
        name=step.after.name,
        take=step.after.words,
        verb="Measured:",
        figures=figures,
        right=step.after.quality,
        is_right=not step.after.is_wrong,
        sure=f"{units.counted(step.verdict.n_rounds, 'round')} of procedures measured in turns; {step.after.size}",
        is_sure=step.verdict.outcome.is_difference and not step.is_smoke,
        pair=pair,
    )


def _pair(run: CaseRun) -> Pair | None:
    """Two pictures to compare: the first of the page's picture sheet, and the last with the size of the first."""
    shown = list(run.pictures.items())
    alike = [one for one in shown[1:] if one[1].shape[:2] == shown[0][1].shape[:2]]
    if not alike:
        return None
    (left, before), (right, after) = shown[0], alike[-1]
    return Pair(before=before, after=after, left=left.partition("\n")[0], right=right.partition("\n")[0])
