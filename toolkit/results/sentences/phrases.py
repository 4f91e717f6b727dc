"""The conclusions of a report, and phrases that several conclusions share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from toolkit.analysis.stats import Estimate
from toolkit.contracts.outcome import Status
from toolkit.core import units
from toolkit.results.rows.summary import Summary


@dataclass(frozen=True)
class Conclusions:
    """Sentences, each with a heading, shown as a list.

    Attributes
    ----------
    entries : tuple of (heading, sentence)
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


Entry = tuple[str, str]
"""Heading and sentence."""


def evidence(rows: Sequence[Summary]) -> Iterator[Entry]:
    """How much was measured, and how many rows were disturbed."""
    if not rows:
        yield "Evidence", "Nothing was measured."
        return
    blocks = [len(s.measurement.blocks) for s in rows if s.is_ok]
    doubted = sum(bool(s.measurement.suspect) for s in rows)
    sentence = f"{len(rows)} rows on {joined(sorted({s.trial.backend for s in rows}))}"
    if blocks:
        sentence += (
            f", {units.span(blocks, str)} blocks of fresh processes each, taking turns in random order"
        )
    if doubted:
        sentence += f"; other work disturbed a block in {doubted} of {len(rows)} rows (status column: ?)"
    yield "Evidence", sentence + "."


def stopped(rows: Iterable[Summary], name: Callable[[Summary], str]) -> Iterator[Entry]:
    """Failed and skipped rows, one sentence for each reason.

    Parameters
    ----------
    name : callable
        Returns the name of a row.
    """
    for status, heading in ((Status.FAILED, "Failed"), (Status.SKIPPED, "Skipped")):
        reasons: dict[str, list[str]] = defaultdict(list)
        for s in rows:
            if s.measurement.status == status:
                note = s.measurement.note.removeprefix(s.trial.label).removeprefix(":").strip()
                reasons[note].append(name(s))
        for note, names in reasons.items():
            yield heading, f"{joined(list(dict.fromkeys(names)))}: {note.rstrip('.')}."


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


def times_faster(ratio: Estimate, *, than: str) -> str:
    """A ratio of times in words, with its 95 % interval.

    Parameters
    ----------
    ratio : Estimate
        Time of the other divided by time of what is described: above 1 is faster.

    >>> times_faster(Estimate(13.66, 13.32, 14.08, 3, 60), than="opencv")
    '13.7 x faster than opencv (13.3 to 14.1)'
    >>> times_faster(Estimate(0.5, 0.4, 0.625, 3, 60), than="opencv")
    '2.00 x slower than opencv (1.60 to 2.50)'
    >>> times_faster(Estimate(1.01, 0.97, 1.05, 3, 60), than="opencv")
    'no difference seen from opencv (0.970 to 1.05 x)'
    """
    low, high = ratio.low, ratio.high
    if low is None or high is None:
        return f"{units.number(ratio.value)} x the speed of {than} (no interval)"
    if low <= 1 <= high:
        return f"no difference seen from {than} ({units.number(low)} to {units.number(high)} x)"
    if ratio.value > 1:
        return (
            f"{units.number(ratio.value)} x faster than {than} ({units.number(low)} to {units.number(high)})"
        )
    ends = f"({units.number(1 / high)} to {units.number(1 / low)})"
    return f"{units.number(1 / ratio.value)} x slower than {than} {ends}"


def joined(parts: list[str]) -> str:
    """Parts with commas and an "and" before the last."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
