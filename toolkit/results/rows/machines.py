"""Rows of several machines side by side: one trial on each machine, and each machine's fastest settings.

Rows of different machines are never averaged, and their ratios are no verdicts, because machines cannot be
measured in turns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from toolkit.analysis.ratios import ratio_of
from toolkit.analysis.stats import Estimate
from toolkit.contracts.identity import machine_id, machine_name
from toolkit.core.errors import invalid
from toolkit.core.quantities import parse_price
from toolkit.results.rows.order import by_name
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.summarising import Measured, summarise
from toolkit.results.rows.summary import Summary

Machine = tuple[str, str]
"""Name and id of a machine."""


@dataclass(frozen=True, kw_only=True)
class SameTrial:
    """The measurements of one trial on several machines.

    Attributes
    ----------
    rows : mapping of Machine to Summary
        For each machine, the summary of its newest measurement with a right picture.
    """

    rows: Mapping[Machine, Summary]

    @property
    def first(self) -> Summary:
        """One of the rows, from which the trial is read, because all rows are of the same trial."""
        return next(iter(self.rows.values()))

    def ratio(self, machine: Machine, to: Machine) -> Estimate | None:
        """Latency on `machine` divided by the latency on `to`; None if one of these machines has no row."""
        if machine not in self.rows or to not in self.rows:
            return None
        return ratio_of(self.rows[machine].latency, self.rows[to].latency)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One operation on one input, with the fastest settings of each machine.

    Attributes
    ----------
    best : mapping of Machine to Summary
        For each machine, the measurement with the highest throughput among those with a right picture.
    """

    best: Mapping[Machine, Summary]

    @property
    def first(self) -> Summary:
        """One of the rows, from which operation and input are read, because these are equal in all rows."""
        return next(iter(self.best.values()))

    @property
    def fastest(self) -> Machine:
        """The machine with the highest throughput."""
        return max(self.best, key=lambda machine: self.best[machine].throughput.value)


def machine_of(row: Summary) -> Machine:
    """Name and id of the machine of a row."""
    fingerprint = row.measurement.fingerprint
    return machine_name(fingerprint), machine_id(fingerprint)


def machines_of(measured: Iterable[Measured]) -> list[Machine]:
    """The machines on which something was measured, sorted by name."""
    return sorted({machine_of(row) for row in summarise(measured)})


def busy_machines(measured: Iterable[Measured]) -> dict[Machine, str]:
    """The machines that were busy during all their measurements, each with a sentence that says so."""
    rows = summarise(measured)
    said = {m: busy_sentence([row for row in rows if machine_of(row) == m]) for m in machines_of(rows)}
    return {machine: sentence for machine, sentence in said.items() if sentence}


def titles_of(machines: Sequence[Machine]) -> dict[Machine, str]:
    """A title for each machine: its name, followed by its id if two machines have the same name."""
    names = [name for name, _ in machines]
    return {m: m[0] if names.count(m[0]) == 1 else f"{m[0]} ({m[1][:4]})" for m in machines}


def same_trials(measured: Iterable[Measured]) -> list[SameTrial]:
    """Trials that two or more machines have measured, with each machine's newest row with a right picture.

    Machines that `busy_machines` returns are left out.
    """
    found: dict[object, dict[Machine, Summary]] = {}
    for row in _newest_first(measured):
        trial = row.trial.with_(plugins=())
        found.setdefault(trial, {}).setdefault(machine_of(row), row)
    several = [SameTrial(rows=rows) for rows in found.values() if len(rows) > 1]
    order = {id(row): place for place, row in enumerate(by_name([one.first for one in several]))}
    return sorted(several, key=lambda one: order[id(one.first)])


def jobs(measured: Iterable[Measured]) -> list[Job]:
    """Jobs that two or more machines have measured, with equal operations, parameters, photos and size.

    Machines that `busy_machines` returns are left out.
    """
    newest: dict[tuple[object, Machine], Summary] = {}
    for row in _newest_first(measured):
        newest.setdefault((row.trial.with_(plugins=()), machine_of(row)), row)
    found: dict[object, dict[Machine, Summary]] = {}
    for (_, machine), row in newest.items():
        trial = row.trial
        key = (trial.operation, trial.picture_params, trial.steps, trial.images, row.size)
        best = found.setdefault(key, {})
        if machine not in best or row.throughput.value > best[machine].throughput.value:
            best[machine] = row
    several = [Job(best=best) for best in found.values() if len(best) > 1]
    return sorted(several, key=lambda job: (job.first.trial.operation, job.first.trial.megapixels))


def cost_per_1000(row: Summary, price_per_hour: float) -> float:
    """The cost of 1000 pictures on a machine that does nothing else, in the currency of the price.

    Parameters
    ----------
    price_per_hour : float
        Price of one hour of the whole machine.
    """
    return price_per_hour / 3600 / row.throughput.value * 1000


def cheapest(job: Job, prices: Mapping[Machine, float]) -> Machine | None:
    """The machine with the lowest cost of 1000 pictures; None unless two or more machines have a price."""
    costs = {m: cost_per_1000(row, prices[m]) for m, row in job.best.items() if m in prices}
    return min(costs, key=lambda m: costs[m]) if len(costs) > 1 else None


def read_prices(given: Sequence[str], machines: Sequence[Machine]) -> dict[Machine, float]:
    """Read prices per hour: ``"0.08/h"`` for every machine, ``"TEXT=0.08/h"`` for machines whose name has TEXT.

    Raises
    ------
    InvalidValue
        A price is malformed, or its name matches no machine.

    >>> read_prices(["0.2/h", "left=0.08/h"], [("left: A", "1"), ("right: B", "2")])
    {('left: A', '1'): 0.08, ('right: B', '2'): 0.2}
    """
    found: dict[Machine, float] = {}
    for text in given:
        name, _, price = text.rpartition("=")
        value = parse_price(price, name="prices", owner="91_machines")
        chosen = [m for m in machines if name.strip().lower() in f"{m[0]} {m[1]}".lower()]
        if not chosen:
            names = ", ".join(m[0] for m in machines)
            raise invalid("prices", "91_machines", f"NAME=PRICE with a part of one of: {names}", text)
        found |= dict.fromkeys(chosen, value)
    return {machine: found[machine] for machine in machines if machine in found}


def _newest_first(measured: Iterable[Measured]) -> list[Summary]:
    every = summarise(measured)
    busy = busy_machines(every)
    rows = [row for row in every if row.is_ok and row.throughput.value > 0 and machine_of(row) not in busy]
    return sorted(rows, key=lambda row: row.measurement.began, reverse=True)
