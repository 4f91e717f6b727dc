"""Make the table of fitted scaling laws: throughput of one worker, the two coefficients, and the peak."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from toolkit.analysis.scaling_laws import Bounded, ScalingLaw
from toolkit.core import units
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.rates import RateTable, rate_tables
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.tables.layout import Cell, Column, Table, text_column


class _Fit(NamedTuple):
    table: RateTable
    threads: int
    law: ScalingLaw


def scaling_table(measured: Iterable[Measured]) -> Table:
    """Make a table of fitted laws, for each operation, size, executor and number of threads with two worker counts.

    On a busy machine no law is fitted, and the title of the table says so.
    """
    rows = newest_rows(measured)
    busy = busy_sentence(rows)
    return laws_table([] if busy else rate_tables(rows), busy=busy)


def laws_table(tables: Iterable[RateTable], *, busy: str = "") -> Table:
    """Make `scaling_table` from tables of throughput, for example from a CSV file."""
    import pandas as pd

    fits = [
        _Fit(table, threads, law)
        for table in tables
        for threads in table.threads
        if (law := table.law(threads)) is not None
    ]
    footnotes: dict[str, int] = {}
    columns = [
        text_column("operation@backend", _name),
        text_column(
            "executor", lambda fit: fit.table.executor, is_compact=any(f.table.executor for f in fits)
        ),
        Column("threads", lambda fit: str(fit.threads), short="thr"),
        text_column("workers fitted", lambda fit: ", ".join(map(str, fit.law.workers)), short="workers"),
        text_column("law", lambda fit: fit.law.name),
        Column("one worker", lambda fit: fit.law.one_ips.value, unit="images/s"),
        Column("sigma", lambda fit: _text(fit.law.sigma)),
        Column("95 % interval", lambda fit: _ends(fit.law.sigma)),
        Column("kappa", lambda fit: _text(fit.law.kappa)),
        Column("95 % interval", lambda fit: _ends(fit.law.kappa), gives_way=1),
        text_column("peak, workers", lambda fit: _peak(fit.law, footnotes)),
    ]
    cells = [[column.cell(fit) for column in columns] for fit in fits]
    return Table(
        title=f"{busy} Laws of throughput over workers".strip(),
        columns=columns,
        rows=cells,
        frame=pd.DataFrame([_raw(fit) for fit in fits]),
        footnotes=list(footnotes),
        notes=_notes(fits),
    )


def _name(fit: _Fit) -> str:
    size = "" if fit.table.megapixels is None else f", {units.megapixels(fit.table.megapixels)} MP"
    return f"{fit.table.name} {fit.table.settings}".strip() + size


def _text(found: Bounded) -> str:
    return units.number(found.value, digits=2)


def _ends(found: Bounded) -> str:
    if not found.low <= found.high:
        return units.NOT_AVAILABLE
    return f"[{units.number(found.low, digits=2)}, {units.number(found.high, digits=2)}]"


def _peak(law: ScalingLaw, footnotes: dict[str, int]) -> Cell:
    if why := law.why_no_peak:
        return Cell("not known", notes=(footnotes.setdefault(f"{why}.", len(footnotes) + 1),))
    return Cell(f"{law.peak.value:.0f} {units.interval(law.peak.low, law.peak.high)}")


def _notes(fits: Sequence[_Fit]) -> list[str]:
    if not fits:
        return [
            "A fit needs two numbers of workers whose threads all have a physical core, measured on a machine without "
            "other load."
        ]
    notes = [
        "throughput of n workers = throughput of one x n / (1 + sigma (n - 1) + kappa n (n - 1)). sigma: share of the "
        "work that only one worker at a time can do. kappa: cost of each pair of workers; with kappa above 0, "
        "throughput falls after its peak.",
        "law: USL (Universal Scalability Law) where kappa is above 0 with 95 % confidence, otherwise Amdahl's law, "
        "with kappa = 0.",
    ]
    apart = dict.fromkeys(_name(fit) for fit in fits if not fit.table.is_in_turns)
    if apart:
        notes.append(
            "Measured apart, not in turns, so that the machine may have changed between the measurements: "
            f"{'; '.join(apart)}."
        )
    beyond = {f"{count} of {units.threads_text(fit.threads)}": 0 for fit in fits for count in fit.law.beyond}
    if beyond:
        notes.append(
            "The laws are not fitted to these numbers of workers, because their threads exceed the physical cores: "
            f"{', '.join(beyond)}."
        )
    return notes


def _raw(fit: _Fit) -> dict[str, object]:
    table, law = fit.table, fit.law
    numbers = {
        "one_worker_ips": law.one_ips,
        "sigma": law.sigma,
        "kappa": law.kappa,
        "peak_workers": law.peak,
    }
    ends = {
        f"{name}{end}": getattr(found, part)
        for name, found in numbers.items()
        for end, part in (("", "value"), ("_low", "low"), ("_high", "high"))
    }
    return {
        "operation_backend": table.name,
        "settings": table.settings,
        "executor": table.executor,
        "size_mp": table.megapixels,
        "environment": table.environment,
        "physical_cores": table.cores,
        "threads": fit.threads,
        "workers_fitted": " ".join(map(str, law.workers)),
        "workers_beyond_cores": " ".join(map(str, law.beyond)),
        "law": law.name,
        **ends,
        "why_no_peak": law.why_no_peak,
    }
