"""The summary at the top of notebook ``80_search``: the settings to use, how certain they are, rejected settings."""

from __future__ import annotations

from toolkit.core import units
from toolkit.results.first_screen.origin import facts_of, machine_line, state_tags
from toolkit.results.first_screen.screen import Card, FirstScreen, Tag
from toolkit.results.first_screen.words import title_of
from toolkit.results.rows.summarising import summarise
from toolkit.results.rows.summary import Summary
from toolkit.studies.first_screen import pair_of
from toolkit.studies.tune.answers import Study


def screen_of_search(study: Study) -> FirstScreen:
    """The summary of a search: one sentence, a card with the best settings, and a card with rejected settings."""
    rows = rows_of(study)
    state = f"{study.n_measured} of {len(study.space)} combinations of settings measured"
    tags = [
        Tag(state),
        *state_tags(
            rows, state="complete" if study.is_finished else "partial", is_complete=study.is_finished
        ),
    ]
    return FirstScreen(
        lead=_lead(study),
        machine=machine_line(study.machine),
        facts=facts_of(rows, study.machine),
        tags=tags,
        fingerprint=study.machine,
        cards=[card for card in (_best(study, rows), _rejected(study)) if card is not None],
    )


def rows_of(study: Study) -> list[Summary]:
    """A row of numbers for each finalist of the search; the finalists were measured in turns."""
    return summarise([m for m in study.measurements.values() if m.blocks])


def _lead(study: Study) -> str:
    first = study.lines()[0]
    head, mark, rest = first.partition(":" if study.is_found else ";")
    return f"**{head.rstrip('.')}**{mark}{rest or '.'}"


def _best(study: Study, rows: list[Summary]) -> Card | None:
    """A card with the winner of the search, or with the best candidate if no winner is named."""
    cell = study.found.best
    if cell is None:
        return None
    trial = study.space.trials[cell]
    row = next((row for row in rows if row.trial == trial), None)
    figures = [(units.seconds(study.found.looks[cell].value), "a picture")]
    against = study.against_default()
    if against is not None and against.low is not None and against.high is not None:
        figures.insert(
            0,
            (
                f"{units.number(against.ratio, digits=2)} x",
                f"as fast as the default ({units.number(against.low)} to {units.number(against.high)})",
            ),
        )
    return Card(
        title=title_of(row) if row is not None else trial.operation,
        name=trial.operation,
        take=study.space.label(cell),
        verb="Take" if study.winner is not None else "Measured",
        figures=figures,
        right=", ".join(study.facts(cell)),
        sure=_how_sure(study),
        is_sure=study.winner is not None and not study.found.ties,
        pair=pair_of(row) if row is not None else None,
    )


def _how_sure(study: Study) -> str:
    if study.winner is None:
        return study.lines()[1]
    ties = study.found.ties
    if not ties:
        return "All other settings that were measured in turns are slower."
    more = f" and {len(ties) - 3} more" if len(ties) > 3 else ""
    named = ", ".join(map(study.space.label, ties[:3]))
    return f"Less certain: these settings cannot be distinguished from {named}{more}."


def _rejected(study: Study) -> Card | None:
    named = study.rejected()
    if not named:
        return None
    cells = sum(count for _, _, count in named)
    reasons = "; ".join(f"{label}: {reason.rstrip('.')}" for label, reason, _ in named[:3])
    more = f"; and {len(named) - 3} more" if len(named) > 3 else ""
    return Card(
        title="Rejected",
        take=f"{units.counted(cells, 'combination')} of settings",
        verb="Ruled out",
        right=f"{reasons}{more}.",
        is_right=False,
    )
