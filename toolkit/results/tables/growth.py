"""Make the table of how latency grows with picture size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from toolkit.analysis.power_law import MIN_SIZES, PowerLaw
from toolkit.core import units
from toolkit.results.rows.growth import fit_series
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Series
from toolkit.results.tables.layout import Column, Table, text_column


class _Fit(NamedTuple):
    series: Series
    sizes_mp: list[float]
    law: PowerLaw | None


def growth_table(measurements: Iterable[Measured], *, title: str = "Growth with picture size") -> Table:
    """Make a table of the exponent of latency over megapixels, with its 95 % interval, for each series of sizes."""
    import pandas as pd

    fits = [
        _Fit(series, [s.trial.megapixels for s in points], law)
        for series, (points, law) in fit_series(newest_rows(measurements)).items()
    ]
    columns = [
        text_column("operation@backend", lambda fit: f"{fit.series.name} {fit.series.settings}".strip()),
        Column("threads", lambda fit: str(fit.series.threads), short="thr"),
        Column("workers", lambda fit: str(fit.series.workers), short="wrk"),
        Column("exponent", lambda fit: f"{fit.law.exponent:.2f}" if fit.law else units.NOT_AVAILABLE),
        Column("95 % interval", lambda fit: f"[{fit.law.low:.2f}, {fit.law.high:.2f}]" if fit.law else ""),
        Column("fitted at 1 MP", lambda fit: units.seconds(fit.law and fit.law.coefficient_s)),
        text_column("valid sizes", _sizes_text),
    ]
    notes = [
        "An exponent of 1.00 means that latency is proportional to the pixels. The fit leaves out sizes with a wrong "
        "picture."
    ]
    if any(fit.law is None for fit in fits):
        notes.append(
            f"n/a: fewer than {MIN_SIZES} sizes with a right picture, or the machine was busy during all measurements."
        )
    return Table.of(fits, columns, title=title, frame=pd.DataFrame(map(_raw, fits)), notes=notes)


def _sizes_text(fit: _Fit) -> str:
    if not fit.sizes_mp:
        return "none"
    return f"{len(fit.sizes_mp)}: {units.span(fit.sizes_mp, units.megapixels)} MP"


def _raw(fit: _Fit) -> dict[str, object]:
    series, law = fit.series, fit.law
    return {
        "operation_backend": series.name,
        "settings": series.settings,
        "environment": series.environment,
        "threads": series.threads,
        "workers": series.workers,
        "exponent": law and law.exponent,
        "exponent_low": law and law.low,
        "exponent_high": law and law.high,
        "latency_at_1_mp_s": law and law.coefficient_s,
        "sizes": len(fit.sizes_mp),
    }
