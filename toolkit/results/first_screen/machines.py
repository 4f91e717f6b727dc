"""The first screen (summary) of the notebook about several machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from toolkit.core import units
from toolkit.results.first_screen.screen import Card, FirstScreen, Tag
from toolkit.results.first_screen.words import title_of
from toolkit.results.rows.machines import Job, Machine, cheapest, cost_per_1000, jobs, machines_of, titles_of
from toolkit.results.rows.summarising import Measured, summarise
from toolkit.results.sentences.machines import conclude_machines
from toolkit.results.sentences.phrases import joined

_MOST_CARDS = 4


def machines_screen(
    measured: Iterable[Measured], *, prices: Mapping[Machine, float] | None = None
) -> FirstScreen:
    """Say which machine is the fastest and which is the cheapest, with a card for each operation and size.

    Parameters
    ----------
    measured : iterable of Measured
        Measurements on one or more machines.
    prices : mapping of Machine to float, optional
        Price of one hour of a machine.
    """
    rows, prices = summarise(measured), prices or {}
    titles, found = titles_of(machines_of(rows)), jobs(rows)
    if found:
        lead = _lead(found, titles, prices)
    else:
        (reason, sentence), *_ = conclude_machines(rows).entries
        lead = f"**{reason}**: {sentence[0].lower()}{sentence[1:]}"
    return FirstScreen(
        lead=lead,
        machine=units.counted(len(titles), "machine"),
        facts=list(titles.values()),
        tags=[Tag(units.counted(len(rows), "row"))],
        cards=[_card(job, titles, prices) for job in found[:_MOST_CARDS]],
    )


def _lead(found: list[Job], titles: Mapping[Machine, str], prices: Mapping[Machine, float]) -> str:
    fast = Counter(job.fastest for job in found)
    cheap = Counter(machine for job in found if (machine := cheapest(job, prices)) is not None)
    if len(fast) == 1 and fast == cheap:
        return f"{_share(fast, titles, 'fastest and the cheapest machine')}."
    said = f"{_share(fast, titles, 'fastest machine')}."
    return f"{said} {_share(cheap, titles, 'cheapest machine')}." if cheap else said


def _share(counts: Counter[Machine], titles: Mapping[Machine, str], words: str) -> str:
    total = counts.total()
    every = {1: "the only comparison", 2: "both comparisons"}.get(total, f"all {total} comparisons")
    return joined(
        [
            f"**{titles[machine]}** is the {words} in {every if count == total else f'{count} of {total} comparisons'}"
            for machine, count in counts.most_common()
        ]
    )


def _card(job: Job, titles: Mapping[Machine, str], prices: Mapping[Machine, float]) -> Card:
    fastest = job.fastest
    row = job.best[fastest]
    rates = [one.throughput.value for machine, one in job.best.items() if machine != fastest]
    figures = [
        (units.ratio(row.throughput.value / max(rates)), "the throughput of the second fastest machine")
    ]
    if (cheap := cheapest(job, prices)) is not None:
        cost = units.number(cost_per_1000(job.best[cheap], prices[cheap]))
        figures.append((cost, f"for 1000 pictures, the lowest price: {titles[cheap]}"))
    return Card(
        title=f"{title_of(job.first)}, {units.megapixels(job.first.trial.megapixels)} MP",
        name=job.first.trial.operation,
        verb="Fastest:",
        take=titles[fastest],
        figures=figures,
        sure="No verdict on which machine is faster: machines cannot be measured in turns.",
        is_sure=False,
    )
