"""Conclusions of a report as a list of sentences, and phrases that several conclusions share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from toolkit.analysis.stats import Estimate
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.outcome import Status
from toolkit.contracts.turns import sets_in_turns
from toolkit.core import units
from toolkit.results.rows.reasons import reasons
from toolkit.results.rows.summary import Summary


@dataclass(frozen=True)
class Conclusions:
    """The conclusions of a report: sentences, each with a heading, which are shown as a list.

    Attributes
    ----------
    entries : tuple of (heading, sentence)
        Heading and sentence of each conclusion, in the order of the report.
    """

    entries: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "\n".join(f"{heading}: {sentence}" for heading, sentence in self.entries)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li><strong>{escape(heading)}.</strong> {escape(sentence)}</li>"
            for heading, sentence in self.entries
        )
        return f'<ul class="atelier-conclusions">{items}</ul>'


NO_DIFFERENCE = "no difference seen from the time of"
"""Phrase that replaces a factor whose 95 % interval contains 1."""

Entry = tuple[str, str]
"""One conclusion: its heading and its sentence."""


def evidence(rows: Sequence[Summary]) -> Iterator[Entry]:
    """A sentence that says how many rows and blocks were measured, and how many rows were disturbed."""
    if not rows:
        yield "Evidence", "Nothing was measured."
        return
    blocks = [len(s.measurement.blocks) for s in rows if s.is_ok]
    doubted = sum(bool(s.measurement.suspect) for s in rows)
    sentence = f"{len(rows)} rows on {joined(sorted({s.trial.backend for s in rows}))}"
    if blocks:
        sentence += f", {units.span(blocks, str)} blocks of new processes each{_turns(rows)}"
    if doubted:
        sentence += f"; other processes disturbed a block in {doubted} of {len(rows)} rows (status column: ?)"
    yield "Evidence", sentence + "."


def _turns(rows: Iterable[Summary]) -> str:
    """A phrase on how many rows were measured in turns with the rows of their operation and size, and how many not."""
    groups: dict[object, list[Measurement]] = defaultdict(list)
    for s in rows:
        if s.measurement.blocks:
            groups[s.environment, s.trial.operation, s.size].append(s.measurement)
    n_rows, in_turns, earlier = sum(map(len, groups.values())), 0, 0
    for members in groups.values():
        sets = sets_in_turns(members)
        newest = max(sets, key=lambda one: max(m.blocks[-1].started for m in one))
        in_turns += sum(len(one) for one in sets if len(one) > 1)
        earlier += len(members) - len(newest)
    said = ", taking turns in random order" if in_turns == n_rows else ""
    if 0 < in_turns < n_rows:
        said = f"; {in_turns} of {n_rows} rows took turns in random order"
    if earlier:
        were = "row was" if earlier == 1 else "rows were"
        said += (
            f"; {earlier} {were} measured earlier, not in turns with the rows of the same operation and size"
        )
    return said


def without_findings(busy: str, rows: Sequence[Summary], name: Callable[[Summary], str]) -> Conclusions:
    """Conclusions for a busy machine: the warning, the rows that failed, and the number of measured rows.

    Parameters
    ----------
    busy : str
        The warning of `toolkit.results.rows.quiet.busy_sentence`.
    name : callable
        Function that returns the name of a row.
    """
    return Conclusions((("Busy", busy), *stopped(rows, name), *evidence(rows)))


def stopped(rows: Iterable[Summary], name: Callable[[Summary], str]) -> Iterator[Entry]:
    """Sentences about failed and skipped rows, one for each reason.

    Parameters
    ----------
    name : callable
        Function that returns the name of a row.
    """
    rows = list(rows)
    for status, heading in ((Status.FAILED, "Failed"), (Status.SKIPPED, "Skipped")):
        members = [s for s in rows if s.measurement.status == status]
        why: dict[str, list[str]] = defaultdict(list)
        sentences = reasons((s.trial, s.measurement.note) for s in members)
        for s, sentence in zip(members, sentences, strict=True):
            own = s.measurement.note.removeprefix(s.trial.label).removeprefix(":").strip()
            why[own if s.measurement.note.startswith(s.trial.label) else sentence].append(name(s))
        for sentence, names in why.items():
            yield heading, f"{joined(list(dict.fromkeys(names)))}: {sentence.rstrip('.')}."


def interval(estimate: Estimate, form: str = "") -> str:
    """The 95 % interval in brackets, after a space; empty for an estimate without an interval.

    Parameters
    ----------
    form : str
        Format of a number, such as ``".0f"``; default: three significant digits.
    """
    if estimate.low is None or estimate.high is None:
        return ""
    low, high = (f"{end:{form}}" if form else units.number(end) for end in (estimate.low, estimate.high))
    return f" [{low}, {high}]"


def joined(parts: list[str]) -> str:
    """Join parts with commas, and with "and" before the last part."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
