"""Phrases that several sentences share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from toolkit.analysis.stats import Estimate
from toolkit.core import units
from toolkit.results.rows.summary import Summary


@dataclass(frozen=True)
class Conclusions:
    """Sentences with a heading each, shown as a list.

    Attributes
    ----------
    entries : tuple of (heading, sentence)
    """

    entries: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "\n".join(f"{heading}: {sentence}" for heading, sentence in self.entries)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li><strong>{escape(heading)}.</strong> {escape(sentence)}</li>"
            for heading, sentence in self.entries
        )
        return f'<ul class="atelier-conclusions">{items}</ul>'


def evidence(rows: list[Summary]) -> Iterator[tuple[str, str]]:
    if not rows:
        yield "Evidence", "Nothing was measured."
        return
    blocks = [len(s.measurement.blocks) for s in rows if s.is_ok]
    doubted = sum(bool(s.measurement.suspect) for s in rows)
    sentence = f"{len(rows)} rows on {joined(sorted({s.trial.backend for s in rows}))}"
    if blocks:
        least, most = min(blocks), max(blocks)
        span = str(least) if least == most else f"{least} to {most}"
        sentence += f", {span} blocks of fresh processes each, in random order and in turns"
    if doubted:
        sentence += (
            f"; in {doubted} of {len(rows)} rows something disturbed a block (status column, marked ?)"
        )
    yield "Evidence", sentence + "."


def interval(ratio: Estimate) -> str:
    if ratio.low is None or ratio.high is None:
        return ""
    return f" [{units.number(ratio.low)}, {units.number(ratio.high)}]"


def joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
