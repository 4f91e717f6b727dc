"""The first screen of a report about picture size: how much longer a picture with twice the pixels takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toolkit.analysis.power_law import PowerLaw
from toolkit.core import units
from toolkit.results.first_screen.screen import Card, Pair
from toolkit.results.first_screen.words import BUSY_ROWS, cost_of, noun_of, range_text, rightness_of, title_of
from toolkit.results.rows.growth import fit_series
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.summary import Summary
from toolkit.results.sentences.answer import way_words

_NARROW = 1.15
"""A card calls a growth factor sure if the ratio of the ends of its 95 % interval is less than this number."""


def growth_cards(rows: Sequence[Summary], pairs: Mapping[str, Pair] | None = None) -> list[Card]:
    """A card for each operation: the factor of the time for twice the pixels, and the time at the largest size.

    If the machine was busy, a card shows no factor.

    Parameters
    ----------
    rows : sequence of Summary
        Measurements with one worker.
    pairs : mapping of operation to Pair, optional
        For each operation, a picture before and after the operation, which the card shows.
    """
    cards = []
    for points, law in _laws(rows):
        right = rightness_of([s for s in rows if s.series == points[0].series])
        cards.append(_card(points, law, right, (pairs or {}).get(points[0].trial.operation)))
    return cards


def growth_lead(rows: Sequence[Summary]) -> str:
    """A sentence that says how time grows with the number of pixels, for all operations together."""
    laws = _laws(rows)
    fitted = [law for _, law in laws if law is not None]
    if not laws:
        return "Nothing was measured."
    last = sorted((points[-1] for points, _ in laws), key=lambda s: s.latency.value)
    costs = f"At {units.megapixels(last[0].trial.megapixels)} MP a picture takes {cost_of(last[0])}"
    if len(last) > 1:
        costs += f" ({noun_of(last[0])}) to {cost_of(last[-1])} ({noun_of(last[-1])})"
    if not fitted:
        return f"{costs}. **How time grows with size is not known**, because a fit needs four sizes."
    factors = sorted(2**law.exponent for law in fitted)
    many = f"all {len(fitted)} operations" if len(fitted) > 1 else noun_of(last[0])
    return f"Twice the pixels take **{range_text(factors)} times as long** ({many}). {costs}."


def _laws(rows: Sequence[Summary]) -> list[tuple[list[Summary], PowerLaw | None]]:
    single = [s for s in rows if s.trial.is_alone and not s.trial.steps]
    return [(points, law) for points, law in fit_series(single).values() if points]


def _card(points: list[Summary], law: PowerLaw | None, right: tuple[str, bool], pair: Pair | None) -> Card:
    last = points[-1]
    figures = [(cost_of(last), f"at {units.megapixels(last.trial.megapixels)} MP{_memory(last)}")]
    sure, is_sure = (
        f"How time grows with size is not known: a fit needs four sizes, and {len(points)} were measured.",
        False,
    )
    if busy_sentence(points):
        sure, law = BUSY_ROWS, None
    if law is not None:
        low, value, high = (2**power for power in (law.low, law.exponent, law.high))
        figures.insert(0, (f"{value:.2f} x", f"the time for twice the pixels ({low:.2f} to {high:.2f})"))
        is_sure = high / low < _NARROW
        sizes = (
            f"{units.megapixels(points[0].trial.megapixels)} to {units.megapixels(last.trial.megapixels)} MP"
        )
        sure = (
            f"{'Sure' if is_sure else 'Less sure'}: the factor is fitted to {len(points)} sizes, {sizes}, and not "
            "valid far outside of these sizes."
        )
    return Card(
        title=title_of(last),
        name=last.trial.operation,
        take=way_words(last),
        verb="Measured",
        figures=figures,
        right=right[0],
        is_right=right[1],
        sure=sure,
        is_sure=is_sure,
        pair=pair,
    )


def _memory(s: Summary) -> str:
    return f", {units.byte_count(s.peak_bytes)}" if s.peak_bytes else ""
