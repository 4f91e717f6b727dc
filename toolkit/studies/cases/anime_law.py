"""Throughput by number of processes in the anime case, with scaling laws fitted to this run and to an article."""

from __future__ import annotations

from toolkit.analysis.scaling_laws import ScalingLaw
from toolkit.analysis.stats import Estimate
from toolkit.core import units
from toolkit.results.rows.rate_file import read_rates
from toolkit.results.rows.rates import RatePoint, RateTable, physical_cores
from toolkit.studies.cases.case_run import CaseRun, ProcedureRow

WORKERS = (1, 2, 4, 8, 14)
"""Numbers of processes for which the anime case has a procedure."""
_PUBLISHED_RATES = "animeganv2_14_cores"


def rate_of(row: ProcedureRow) -> Estimate:
    """Pictures per second that one procedure makes, with the confidence interval of this throughput."""
    time = row.time.scaled(1 / row.batch)
    low, high = (None if end is None else 1 / end for end in (time.high, time.low))
    return Estimate(1 / time.value, low, high, time.n_processes, time.n_samples)


def rates_here(run: CaseRun) -> list[RateTable]:
    """The throughput of a run by number of warm processes; an empty list if the run has fewer than two such numbers."""
    rows = [(n, run.row(f"processes_{n}")) for n in WORKERS if run.is_timed(f"processes_{n}")]
    if len(rows) < 2:
        return []
    points = (
        RatePoint(workers=n, threads=1, rate=rate_of(row), is_suspect=row.is_disturbed) for n, row in rows
    )
    table = RateTable(
        name="anime here",
        settings="",
        executor="",
        megapixels=None,
        machine="",
        environment="",
        cores=physical_cores(run.machine),
        points=tuple(points),
    )
    return [table]


def law_here(run: CaseRun) -> ScalingLaw | None:
    """The scaling law fitted to this run's warm processes; None if only one number of processes was measured."""
    return next((table.law(1) for table in rates_here(run)), None)


def published_law() -> ScalingLaw | None:
    """The scaling law fitted to the throughput table that the anime case's published article prints."""
    return read_rates(_PUBLISHED_RATES)[0].law(1)


def law_text(law: ScalingLaw) -> str:
    """A scaling law with its coefficients, as one clause of a sentence."""
    counts = ", ".join(map(str, law.workers))
    beyond = (
        f" (numbers of workers left out, because they exceed the number of cores: {', '.join(map(str, law.beyond))})"
        if law.beyond
        else ""
    )
    return (
        f"{law.name}'s law fitted to {counts} processes{beyond}: contention sigma "
        f"{units.number(max(law.sigma.value, 0.0))}, coherence kappa {units.number(max(law.kappa.value, 0.0))}, "
        f"throughput of one process {units.number(law.one_ips.value)} pictures/s"
    )
