"""Tables of machines side by side: ratios of the time of each trial, and the fastest settings of each machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from toolkit.core import units
from toolkit.results.rows.labels import way_of
from toolkit.results.rows.machines import (
    Job,
    Machine,
    SameTrial,
    cost_per_1000,
    jobs,
    machines_of,
    same_trials,
    titles_of,
)
from toolkit.results.rows.summarising import Measured
from toolkit.results.tables.columns import ends_text
from toolkit.results.tables.layout import Column, Table, text_column

_APART = (
    "Machines cannot be measured in turns, so a ratio describes two machines and is no verdict; its 95 % interval "
    "includes the noise of both machines. Only rows with a right picture are compared, and rows of "
    "different machines are "
    "never averaged."
)


def machine_ratios_table(
    measured: Iterable[Measured], *, title: str = "Latency of the same trial on each machine"
) -> Table:
    """Make a table of the latency of each trial on several machines, with its ratio to that on the first machine."""
    import pandas as pd

    measured = list(measured)
    rows, machines = same_trials(measured), machines_of(measured)
    titles = titles_of(machines)
    scale, unit = units.time_unit(s.latency.value for one in rows for s in one.rows.values())

    def latency(machine: Machine) -> Callable[[SameTrial], float | None]:
        return lambda one: one.rows[machine].latency.value if machine in one.rows else None

    def ratio(machine: Machine) -> Callable[[SameTrial], str]:
        def text(one: SameTrial) -> str:
            found = one.ratio(machine, machines[0])
            return "" if found is None else f"{units.ratio(found.value)} {ends_text(found)}".strip()

        return text

    columns = [
        text_column("trial", lambda one: one.first.label),
        Column("threads", lambda one: str(one.first.trial.placement.threads), short="thr"),
        Column("workers", lambda one: str(one.first.trial.workers), short="wrk"),
        Column("size", lambda one: units.megapixels(one.first.trial.megapixels), unit="MP"),
    ]
    for number, machine in enumerate(machines):
        columns.append(Column(titles[machine], latency(machine), unit=unit, scale=scale))
        if number:
            columns.append(text_column("ratio [95 %]", ratio(machine)))
    frame = pd.DataFrame([_raw_trial(one, machines[0]) for one in rows])
    return Table.of(rows, columns, title=title, frame=frame, notes=[_APART])


def best_ways_table(
    measured: Iterable[Measured],
    *,
    prices: Mapping[Machine, float] | None = None,
    title: str = "The fastest settings of each machine for each operation and input",
) -> Table:
    """Make a table with a row for each operation on an input that several machines have measured.

    Parameters
    ----------
    prices : mapping of Machine to float, optional
        Price of one hour of the whole machine, in any one currency; with a price the table has the cost of
        1000 pictures.
    """
    import pandas as pd

    measured, prices = list(measured), prices or {}
    rows, machines = jobs(measured), machines_of(measured)
    titles = titles_of(machines)

    def rate(machine: Machine) -> Callable[[Job], float | None]:
        return lambda job: job.best[machine].throughput.value if machine in job.best else None

    def way(machine: Machine) -> Callable[[Job], str]:
        return lambda job: _way(job, machine)

    def cost(machine: Machine) -> Callable[[Job], float | None]:
        return lambda job: cost_per_1000(job.best[machine], prices[machine]) if machine in job.best else None

    columns = [
        text_column("operation", lambda job: job.first.trial.operation),
        Column("size", lambda job: units.megapixels(job.first.trial.megapixels), unit="MP"),
    ]
    for machine in machines:
        is_best = _is_fastest(machine)
        columns.append(Column(titles[machine], rate(machine), unit="images/s", is_best=is_best))
        columns.append(text_column("with", way(machine)))
        if machine in prices:
            columns.append(
                Column("1000 pictures", cost(machine), unit="price", is_best=_is_cheapest(machine, prices))
            )
    frame = pd.DataFrame([_raw_job(job, machine, prices) for job in rows for machine in job.best])
    notes = [_APART, "A star marks the highest throughput of an operation on an input, and the lowest price."]
    if prices:
        notes.append(
            "The cost of 1000 pictures is that of a machine that does nothing else and has its fastest settings."
        )
    return Table.of(rows, columns, title=title, frame=frame, notes=notes)


def _is_fastest(machine: Machine) -> Callable[[Job], bool]:
    return lambda job: job.fastest == machine


def _is_cheapest(machine: Machine, prices: Mapping[Machine, float]) -> Callable[[Job], bool]:
    def is_cheapest(job: Job) -> bool:
        costs = {m: cost_per_1000(row, prices[m]) for m, row in job.best.items() if m in prices}
        return len(costs) > 1 and min(costs, key=lambda m: costs[m]) == machine

    return is_cheapest


def _way(job: Job, machine: Machine) -> str:
    if machine not in job.best:
        return ""
    trial = job.best[machine].trial
    parts = [
        way_of(job.best[machine]),
        units.threads_text(trial.placement.threads),
        units.workers_text(trial.workers),
    ]
    return ", ".join(parts)


def _raw_trial(one: SameTrial, first: Machine) -> dict[str, object]:
    raw: dict[str, object] = {"trial": str(one.first.trial)}
    for machine, row in one.rows.items():
        name, ratio = f"{machine[0]} {machine[1]}", one.ratio(machine, first)
        raw |= {f"latency_s of {name}": row.latency.value, f"ratio of {name}": ratio and ratio.value}
    return raw


def _raw_job(job: Job, machine: Machine, prices: Mapping[Machine, float]) -> dict[str, object]:
    row = job.best[machine]
    return {
        "operation": row.trial.operation,
        "size_mp": row.trial.megapixels,
        "machine": machine[0],
        "machine_id": machine[1],
        "trial": str(row.trial),
        "throughput_ips": row.throughput.value,
        "is_fastest": job.fastest == machine,
        "cost_per_1000": cost_per_1000(row, prices[machine]) if machine in prices else None,
    }
