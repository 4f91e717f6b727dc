"""Make the table of percentiles of latency, with bounds that the number of calls supports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from toolkit.analysis.percentiles import Percentile, percentile, samples_needed
from toolkit.core import units
from toolkit.results.rows.load import calls_s
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary
from toolkit.results.tables.columns import LABELLED
from toolkit.results.tables.layout import Column, Table

QUANTILES = (0.50, 0.90, 0.95, 0.99)


def percentile_table(measurements: Iterable[Measured], *, title: str = "Percentiles of latency") -> Table:
    """Make a table of percentiles of latency over the calls after the warm-up, for Measurements with right pictures.

    A percentile is printed as a number if the calls give a lower and an upper bound, as "at least" if they give only a
    lower bound, and else as n/a (binomial bounds with 95 % confidence, for any distribution of latency).
    """
    import pandas as pd

    rows = [s for s in newest_rows(measurements) if s.is_ok and any(s.measurement.samples_s)]
    found = {s.key: {_name(q): percentile(calls_s(s), q) for q in QUANTILES} for s in rows}
    scale, unit = units.time_unit(s.latency.value for s in rows)

    def column(quantile: float) -> Column:
        name = _name(quantile)
        return Column(name, lambda s: percentile_text(found[s.key][name], scale), unit=unit)

    calls = Column("calls", lambda s: str(s.latency.n_samples))
    needed = ", ".join(f"{samples_needed(q)} for {_name(q)}" for q in QUANTILES[1:])
    return Table.of(
        rows,
        [*LABELLED, calls, *map(column, QUANTILES)],
        title=title,
        frame=pd.DataFrame([_raw(s, found[s.key]) for s in rows]),
        notes=[
            f"\u2265: at least, because there are too few calls for an upper bound (needed: {needed}).",
            "The percentiles use the calls of all processes together, after the warm-up. Calls of one process resemble "
            "each other, so the true uncertainty is larger.",
        ],
    )


def _name(quantile: float) -> str:
    return f"p{100 * quantile:.0f}"


def _raw(s: Summary, found: Mapping[str, Percentile]) -> dict[str, object]:
    parts = ("value", "low", "high")
    seconds = {f"{name}_{part}_s": getattr(p, part) for name, p in found.items() for part in parts}
    return {"trial": str(s.trial), "calls": s.latency.n_samples, **seconds}


def percentile_text(found: Percentile, scale: float) -> str:
    """Write a percentile, or its lower bound, as text in units of `scale` seconds.

    Examples
    --------
    >>> from toolkit.analysis.percentiles import percentile
    >>> calls = [0.001 * n for n in range(1, 101)]
    >>> [percentile_text(percentile(calls[:n], 0.9), 1e-3) for n in (1, 20, 100)]
    ['n/a', '\u2265 16.0', '90.0']
    """
    if found.claim == "value":
        return units.number(found.value / scale)
    return units.NOT_AVAILABLE if found.claim == "n/a" else f"\u2265 {units.number(found.low / scale)}"
