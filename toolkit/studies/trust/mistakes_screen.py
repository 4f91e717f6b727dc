"""The first screen of notebook ``05_trust``: each mistake beside what Atelier does instead, a card for each."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.core import units
from toolkit.results.first_screen.origin import facts_of, machine_line, state_tags
from toolkit.results.first_screen.screen import Card, FirstScreen
from toolkit.results.rows.summary import Summary
from toolkit.studies.collection import Collected
from toolkit.studies.trust.demonstrations import AlarmRates, Run
from toolkit.studies.trust.inherited import InheritedPeak


def mistakes_screen(
    crowd: Collected,
    *,
    simulated: AlarmRates,
    sequential: Sequence[Run],
    turns: Sequence[Run],
    peak: InheritedPeak,
    processors: int,
) -> FirstScreen:
    """Four mistakes of benchmarks, and what they would have cost here.

    Parameters
    ----------
    crowd : Collected
        One trial with several numbers of workers and threads.
    simulated : AlarmRates
        How often identical code is called different.
    sequential, turns : sequence of Run
        The same comparison of identical code, measured one after the other and in turns.
    peak : InheritedPeak
        Peak memory of a small process with a large parent.
    processors : int
        What this process may use.
    """
    cards = [
        _pooling(simulated),
        _one_after_the_other(sequential, turns),
        _memory_of_the_parent(peak),
        *_crowding(crowd.rows, processors),
    ]
    shown = sum(card.is_sure for card in cards)
    return FirstScreen(
        lead=f"**{shown} of {len(cards)} common mistakes give a wrong answer here**, and Atelier makes none of them: "
        "each card shows a mistake made on purpose beside the rule that prevents it.",
        machine=machine_line(crowd.machine),
        facts=facts_of(crowd.rows, crowd.machine),
        tags=state_tags(crowd.rows, state=crowd.state, is_complete=crowd.is_complete),
        fingerprint=crowd.machine,
        cards=cards,
    )


def _card(title: str, rule: str, figures: Sequence[tuple[str, str]], *, is_seen: bool) -> Card:
    sure = "" if is_seen else "Not seen in this run: here the mistake did no harm."
    return Card(title=title, verb="Rule:", take=rule, figures=figures, sure=sure, is_sure=is_seen)


def _pooling(rates: AlarmRates) -> Card:
    figures = [
        (
            units.percent(rates.pooled),
            "of comparisons call identical code different, if all calls are pooled",
        ),
        (units.percent(rates.by_process), "with one number for each process"),
    ]
    return _card(
        "Many calls, one process",
        "one number a process",
        figures,
        is_seen=rates.pooled > 2 * rates.by_process,
    )


def _one_after_the_other(sequential: Sequence[Run], turns: Sequence[Run]) -> Card:
    wrong, still = (
        sum(run.verdict.outcome.is_difference for run in runs) / len(runs) for runs in (sequential, turns)
    )
    figures = [
        (units.percent(wrong), "of verdicts are wrong on a slowing machine, if after follows before"),
        (units.percent(still), "when both take turns"),
    ]
    return _card("Before, then after", "take turns", figures, is_seen=wrong > 2 * still)


def _memory_of_the_parent(peak: InheritedPeak) -> Card:
    figures = [
        (units.byte_count(peak.ru_maxrss_bytes), "is what most tools report for a small child process"),
        (units.byte_count(peak.rss_peak_bytes), "is what it used"),
    ]
    is_seen = peak.ru_maxrss_bytes > 2 * peak.rss_peak_bytes
    return _card("The parent's memory", "its own high-water mark", figures, is_seen=is_seen)


def _crowding(rows: Sequence[Summary], processors: int) -> list[Card]:
    """Empty where no way fits the processors, or none exceeds them."""
    right = [s for s in rows if s.is_ok and s.is_timed]
    fitting = [s for s in right if _asked(s) <= processors]
    crowded = [s for s in right if _asked(s) > processors]
    if not fitting or not crowded:
        return []
    best, worst = max(fitting, key=lambda s: s.throughput.value), max(crowded, key=_asked)
    longer = worst.latency.value / best.latency.value
    where = f"{worst.trial.workers} x {worst.trial.placement.threads} threads on {processors} processors"
    figures = [
        (f"{units.number(longer)} x", f"the time of a picture with {where}"),
        (f"{units.number(worst.throughput.value / best.throughput.value)} x", "the pictures a second"),
    ]
    return [_card("Too many threads", "count what runs", figures, is_seen=longer > 1.5)]


def _asked(row: Summary) -> int:
    return row.trial.workers * row.trial.placement.threads
