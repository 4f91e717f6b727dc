"""Percentiles of latency, each claimed only as far as the number of calls allows."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit.analysis.percentiles import Percentile, percentile, samples_needed
from toolkit.analysis.steady import steady_part
from toolkit.core import units
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary
from toolkit.results.tables.layout import Cell, Column, Table

QUANTILES = (0.50, 0.90, 0.95, 0.99)


def percentile_table(measurements: Iterable[Measured], *, title: str = "Percentiles of latency") -> Table:
    """One row for each ok Measurement: percentiles of all its calls after the warm-up, and the calls behind them.

    A percentile is printed when its calls bound it from both sides, as "at least" when only from below, as n/a when
    not at all (binomial bounds, each with 95 % confidence, that assume nothing about the shape of the latency).
    """
    import pandas as pd

    rows = [s for s in newest_rows(measurements) if s.is_ok and s.latency.n_samples]
    found = [[percentile(_calls(s), quantile) for quantile in QUANTILES] for s in rows]
    scale, unit = units.time_unit(s.latency.value for s in rows)
    names = [f"p{100 * quantile:.0f}" for quantile in QUANTILES]
    needed = ", ".join(
        f"{samples_needed(quantile)} for {name}"
        for quantile, name in zip(QUANTILES[1:], names[1:], strict=True)
    )
    frame = pd.DataFrame(
        [
            {
                "trial": str(s.trial),
                "calls": each[0].n_samples,
                **{
                    f"{name}_{part}_s": getattr(p, part)
                    for name, p in zip(names, each, strict=True)
                    for part in ("value", "low", "high")
                },
            }
            for s, each in zip(rows, found, strict=True)
        ]
    )
    return Table(
        title=title,
        columns=[
            Column(header="operation@backend", is_number=False),
            Column(header="threads", short="thr"),
            Column(header="workers", short="wrk"),
            Column(header="size", unit="MP"),
            Column(header="calls"),
            *(Column(header=name, unit=unit) for name in names),
        ],
        rows=[
            [
                Cell(text=s.label),
                Cell(text=str(s.trial.placement.threads)),
                Cell(text=str(s.trial.workers)),
                Cell(text=units.megapixels(s.trial.megapixels)),
                Cell(text=str(each[0].n_samples)),
                *(Cell(text=percentile_text(p, scale)) for p in each),
            ]
            for s, each in zip(rows, found, strict=True)
        ],
        frame=frame,
        notes=[
            f"\u2265: at least, there are too few calls for an upper bound (it takes {needed}).",
            "All processes together, after the warm-up. Calls of one process resemble each other: these bounds are the "
            "least uncertainty.",
        ],
    )


def percentile_text(found: Percentile, scale: float) -> str:
    """The percentile as far as it is known, in units of `scale` seconds.

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


def _calls(row: Summary) -> list[float]:
    """Seconds of every call after the warm-up."""
    _, runs = steady_part(row.measurement.samples_s)
    return [float(seconds) for run in runs for seconds in run]
