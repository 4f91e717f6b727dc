"""The summary at the top of notebook ``05_trust``: a card for each benchmarking mistake, with the rule against it."""

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
    """Show four mistakes of benchmarks, and the errors that each mistake causes in this notebook's measurements.

    Parameters
    ----------
    crowd : Collected
        Measurements of one operation with several numbers of workers and threads.
    simulated : AlarmRates
        Rates at which comparisons of identical code report a difference.
    sequential, turns : sequence of Run
        Comparisons of identical code: one version measured after the other, and both versions measured in turns.
    peak : InheritedPeak
        Peak memory of a small process with a large parent.
    processors : int
        Number of processors that this process may use.
    """
    cards = [
        _pooling(simulated),
        _one_after_the_other(sequential, turns),
        _memory_of_the_parent(peak),
        *_crowding(crowd.rows, processors),
    ]
    shown = sum(card.is_sure for card in cards)
    return FirstScreen(
        lead=f"**{shown} of {len(cards)} common benchmarking mistakes give a wrong result on this machine.** Each card "
        "shows a mistake made on purpose and the rule of Atelier that prevents the mistake.",
        machine=machine_line(crowd.machine),
        facts=facts_of(crowd.rows, crowd.machine),
        tags=state_tags(crowd.rows, state=crowd.state, is_complete=crowd.is_complete),
        fingerprint=crowd.machine,
        cards=cards,
    )


def _card(title: str, rule: str, figures: Sequence[tuple[str, str]], *, is_seen: bool) -> Card:
    sure = "" if is_seen else "In this run the mistake did not change the result."
    return Card(title=title, verb="Rule:", take=rule, figures=figures, sure=sure, is_sure=is_seen)


def _pooling(rates: AlarmRates) -> Card:
    figures = [
        (
            units.percent(rates.pooled),
            "of comparisons of identical code report a difference, if all calls are pooled",
        ),
        (
            units.percent(rates.by_process),
            "of comparisons of identical code report a difference, if each process counts once",
        ),
    ]
    return _card(
        "Many calls in one process as evidence",
        "reduce each process to one number",
        figures,
        is_seen=rates.pooled > 2 * rates.by_process,
    )


def _one_after_the_other(sequential: Sequence[Run], turns: Sequence[Run]) -> Card:
    wrong, still = (
        sum(run.verdict.outcome.is_difference for run in runs) / len(runs) for runs in (sequential, turns)
    )
    figures = [
        (
            units.percent(wrong),
            "of verdicts are wrong on a machine that slows down, if one version runs after the other",
        ),
        (units.percent(still), "of verdicts are wrong if both versions take turns"),
    ]
    return _card("One version after the other", "take turns", figures, is_seen=wrong > 2 * still)


def _memory_of_the_parent(peak: InheritedPeak) -> Card:
    figures = [
        (
            units.byte_count(peak.ru_maxrss_bytes),
            "peak memory of a small child process, as reported by ru_maxrss",
        ),
        (units.byte_count(peak.rss_peak_bytes), "peak memory that the child process used"),
    ]
    is_seen = peak.ru_maxrss_bytes > 2 * peak.rss_peak_bytes
    return _card(
        "Memory of the parent process counted too",
        "read the child's high-water mark",
        figures,
        is_seen=is_seen,
    )


def _crowding(rows: Sequence[Summary], processors: int) -> list[Card]:
    """Card on too many threads; empty if no row has as many threads as processors or fewer, or no row has more."""
    right = [s for s in rows if s.is_ok and s.is_timed]
    fitting = [s for s in right if _asked(s) <= processors]
    crowded = [s for s in right if _asked(s) > processors]
    if not fitting or not crowded:
        return []
    best, worst = max(fitting, key=lambda s: s.throughput.value), max(crowded, key=_asked)
    longer = worst.latency.value / best.latency.value
    where = f"{worst.trial.workers} x {worst.trial.placement.threads} threads on {processors} processors"
    figures = [
        (f"{units.number(longer)} x", f"the latency of the best setting, with {where}"),
        (
            f"{units.number(worst.throughput.value / best.throughput.value)} x",
            f"the throughput of the best setting, with {where}",
        ),
    ]
    return [_card("Too many threads", "count the threads that run", figures, is_seen=longer > 1.5)]


def _asked(row: Summary) -> int:
    return row.trial.workers * row.trial.placement.threads
