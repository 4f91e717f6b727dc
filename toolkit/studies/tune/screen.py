"""The first screen of notebook ``80_search``: the settings to use, how certain they are, and the rejected cells."""

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
    """The result of a search in one sentence and up to two cards."""
    rows = rows_of(study)
    state = f"{study.n_measured} of {len(study.space)} cells measured"
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
        cards=[card for card in (_winner(study, rows), _rejected(study)) if card is not None],
    )


def rows_of(study: Study) -> list[Summary]:
    """The rows of the final, which were measured in turns."""
    return summarise([m for m in study.measurements.values() if m.blocks])


def _lead(study: Study) -> str:
    first = study.lines()[0]
    if not study.is_found:
        head, _, rest = first.partition(";")
        return f"**{head.rstrip('.')}**{';' + rest if rest else '.'}"
    head, _, rest = first.partition(":")
    return f"**{head}**:{rest}"


def _winner(study: Study, rows: list[Summary]) -> Card | None:
    cell = study.found.winner
    if cell is None or study.winner is None:
        return None
    row = next((row for row in rows if row.trial == study.winner), None)
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
    ties = study.found.ties
    sure = "All other settings that were measured in turns are slower."
    if ties:
        named = ", ".join(study.space.label(tie) for tie in ties[:3])
        sure = f"Less certain: it cannot be distinguished from {named}" + (
            f" and {len(ties) - 3} more." if len(ties) > 3 else "."
        )
    return Card(
        title=title_of(row) if row is not None else study.winner.operation,
        name=study.winner.operation,
        take=study.space.label(cell),
        figures=figures,
        right=", ".join(study.facts(cell)),
        sure=sure,
        is_sure=not ties,
        pair=pair_of(row) if row is not None else None,
    )


def _rejected(study: Study) -> Card | None:
    named = study.rejected()
    if not named:
        return None
    cells = sum(count for _, _, count in named)
    reasons = "; ".join(f"{label}: {reason.rstrip('.')}" for label, reason, _ in named[:3])
    more = f"; and {len(named) - 3} more" if len(named) > 3 else ""
    return Card(
        title="Rejected",
        take=units.counted(cells, "cell"),
        verb="Ruled out",
        right=f"{reasons}{more}.",
        is_right=False,
    )
