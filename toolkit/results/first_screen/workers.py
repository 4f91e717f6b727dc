"""The first screen of a report about workers and threads: the setting with the most pictures per second."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from toolkit.analysis.ratios import ratio_of
from toolkit.contracts.trial_keys import USUAL_EXECUTOR
from toolkit.contracts.turns import took_turns
from toolkit.core import units
from toolkit.results.first_screen.screen import Card, Pair
from toolkit.results.first_screen.words import BUSY_ROWS, noun_of, range_text, rightness_of, title_of
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.summary import Summary
from toolkit.results.sentences.answer import from_to


def workers_cards(rows: Sequence[Summary], pairs: Mapping[str, Pair] | None = None) -> list[Card]:
    """A card for each operation: workers and threads with the highest throughput, as a multiple of that of one worker.

    On a busy machine, and for settings that were not measured in turns, a card shows only the pictures per second.

    Parameters
    ----------
    rows : sequence of Summary
        Measurements with pictures of one size.
    pairs : mapping of operation to Pair, optional
        For each operation, a picture before and after the operation, which the card shows.
    """
    is_busy = bool(busy_sentence(rows))
    return [
        _card(members, (pairs or {}).get(members[0].trial.operation), is_busy=is_busy)
        for members in _by_operation(rows)
    ]


def workers_lead(rows: Sequence[Summary]) -> str:
    """A sentence that recommends workers and threads for a folder of pictures, for all operations."""
    groups = _by_operation(rows)
    if not groups:
        return "Nothing was measured."
    best = [_best(members) for members in groups]
    if len({_way(s) for s in best}) > 1:
        parts = [f"**{_way(s)}** for {noun_of(s)}" for s in best]
        return f"For a folder of pictures take {'; '.join(parts)}."
    plain = [_plain(members) for members in groups]
    if not all(took_turns(a.measurement, b.measurement) for a, b in zip(best, plain, strict=True)):
        return f"**{_way(best[0])}** made the most pictures per second; the settings were measured apart, not in turns."
    gains = sorted(
        ratio_of(s.throughput, usual.throughput).value for s, usual in zip(best, plain, strict=True)
    )
    return (
        f"For a folder of pictures take **{_way(best[0])}**: **{range_text(gains)} times as many pictures per second** "
        f"as {_way(plain[0])}."
    )


def _by_operation(rows: Sequence[Summary]) -> list[list[Summary]]:
    found: dict[str, list[Summary]] = defaultdict(list)
    for s in rows:
        if s.is_ok and s.is_timed and not s.trial.steps:
            found[f"{s.name} {s.settings_of_job}"].append(s)
    return list(found.values())


def _best(members: list[Summary]) -> Summary:
    return max(members, key=lambda s: s.throughput.value)


def _plain(members: list[Summary]) -> Summary:
    """The measurement with the fewest workers and threads, preferably of the usual executor (processes)."""

    def load(s: Summary) -> tuple[int, int, bool]:
        return (
            s.trial.workers * s.trial.placement.threads,
            s.trial.workers,
            s.trial.executor != USUAL_EXECUTOR,
        )

    return min(members, key=load)


def _way(s: Summary) -> str:
    executor = "" if s.trial.executor == USUAL_EXECUTOR else f" ({s.trial.executor})"
    return (
        f"{units.workers_text(s.trial.workers)} of {units.threads_text(s.trial.placement.threads)}{executor}"
    )


def _card(members: list[Summary], pair: Pair | None, *, is_busy: bool) -> Card:
    best, plain = _best(members), _plain(members)
    others = [s for s in members if s is not best]
    near = [s for s in others if (ratio_of(best.throughput, s.throughput).low or 0) <= 1]
    apart = [s for s in others if not took_turns(best.measurement, s.measurement)]
    memory = f", {units.byte_count(best.peak_bytes)}" if best.peak_bytes else ""
    where = f"pictures of {units.megapixels(best.trial.megapixels)} MP{memory}"
    figures = [(f"{units.number(best.throughput.value)} /s", where)]
    if best is not plain and plain not in apart and not is_busy:
        gain = ratio_of(best.throughput, plain.throughput)
        figures.insert(
            0, (f"{units.number(gain.value)} x", f"the throughput of {_way(plain)}{from_to(gain)}")
        )
    sure = "Sure: every other setting is slower; the 95 % interval of each throughput ratio excludes 1."
    if is_busy:
        sure = BUSY_ROWS
    elif apart:
        sure = f"Less sure: this setting was not measured in turns with {' and '.join(map(_way, apart))}."
    elif near:
        sure = f"No difference seen between the throughput of this setting and of {' or '.join(map(_way, near))}."
    right, is_right = rightness_of(members)
    return Card(
        title=title_of(best),
        name=best.trial.operation,
        take=_way(best),
        verb="Measured" if is_busy else "Take",
        figures=figures,
        right=right,
        is_right=is_right,
        sure=sure,
        is_sure=sure.startswith("Sure"),
        pair=pair,
    )
