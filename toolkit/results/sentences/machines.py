"""One sentence for each machine: the jobs at which the machine is the fastest or the cheapest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from toolkit.core import units
from toolkit.results.rows.machines import (
    Job,
    Machine,
    busy_machines,
    cheapest,
    cost_per_1000,
    jobs,
    machines_of,
    titles_of,
)
from toolkit.results.rows.summarising import Measured
from toolkit.results.sentences.phrases import Conclusions, joined

_MOST_NAMED = 3


def conclude_machines(
    measured: Iterable[Measured], *, prices: Mapping[Machine, float] | None = None
) -> Conclusions:
    """Name for each machine the jobs with the highest throughput and the jobs with the lowest cost."""
    measured, prices = list(measured), prices or {}
    machines, found = machines_of(measured), jobs(measured)
    titles, busy = titles_of(machines), busy_machines(measured)
    if len(machines) < 2:
        how = "atelier results pack on that machine, then atelier results merge OTHER.sqlite on this machine"
        there = f"the rows of one machine ({machines[0][0]})" if machines else "no rows"
        return Conclusions(
            (("One machine", f"The store has {there}; to add the rows of another machine: {how}."),)
        )
    left_out = tuple((titles[machine], f"Left out. {sentence}") for machine, sentence in busy.items())
    if not found:
        text = "No operation was measured on two machines with the same parameters, photos and size."
        return Conclusions((("Nothing in common", text), *left_out))
    entries = list(left_out)
    for machine in (one for one in machines if one not in busy):
        best = [_job_text(job, machine) for job in found if job.fastest == machine]
        parts = [
            f"Highest throughput for {_named(best)}"
            if best
            else "This machine is not the fastest at any operation"
        ]
        cheap = [_cost_text(job, machine, prices) for job in found if cheapest(job, prices) == machine]
        if cheap:
            parts.append(f"lowest cost for {_named(cheap)}")
        entries.append((titles[machine], f"{'; '.join(parts)}."))
    entries.append(
        (
            "No verdict",
            "The machines were not measured in turns, so these sentences describe measurements and are no verdicts.",
        )
    )
    return Conclusions(tuple(entries))


def _named(texts: Sequence[str]) -> str:
    """Name the first jobs and count the other jobs, because the table lists all jobs."""
    n_more = len(texts) - _MOST_NAMED
    more = [units.counted(n_more, "more job")] if n_more > 0 else []
    return joined([*texts[:_MOST_NAMED], *more])


def _job_text(job: Job, machine: Machine) -> str:
    rates = sorted((row.throughput.value for m, row in job.best.items() if m != machine), reverse=True)
    ratio = job.best[machine].throughput.value / rates[0]
    size = units.megapixels(job.first.trial.megapixels)
    return f"{job.first.trial.operation} at {size} MP ({units.ratio(ratio)} the second fastest machine's throughput)"


def _cost_text(job: Job, machine: Machine, prices: Mapping[Machine, float]) -> str:
    cost = units.number(cost_per_1000(job.best[machine], prices[machine]))
    trial = job.first.trial
    return f"{trial.operation} at {units.megapixels(trial.megapixels)} MP ({cost} for 1000 pictures)"
