"""How latency grows with the picture, as a table."""

from __future__ import annotations

import math
from collections.abc import Iterable

from toolkit.analysis.scaling import MIN_SIZES
from toolkit.core import units
from toolkit.results.rows.summarising import Measured, fit_series, newest_rows
from toolkit.results.tables.layout import Cell, Column, Table


def growth_table(measurements: Iterable[Measured], *, title: str = "Growth with picture size") -> Table:
    """Exponent of latency against megapixels with its 95 % band, for each series of sizes that were right."""
    import pandas as pd

    fits = fit_series(newest_rows(measurements))
    cells, raw = [], []
    for (name, settings, threads, workers, environment), (points, law) in fits.items():
        sizes = [s.trial.megapixels for s in points]
        at_one = law.coefficient_s if law else math.nan
        ends = (
            sorted({units.megapixels(size) for size in (min(sizes), max(sizes))}, key=float) if sizes else []
        )
        cells.append(
            [
                Cell(text=f"{name} {settings}".strip()),
                Cell(text=str(threads)),
                Cell(text=str(workers)),
                Cell(text=f"{law.exponent:.2f}" if law else units.NOT_AVAILABLE),
                Cell(text=f"[{law.low:.2f}, {law.high:.2f}]" if law else ""),
                Cell(text=units.seconds(at_one)),
                Cell(text=f"{len(sizes)}: {' to '.join(ends)} MP" if ends else "none"),
            ]
        )
        raw.append(
            {
                "operation_backend": name,
                "settings": settings,
                "environment": environment,
                "threads": threads,
                "workers": workers,
                "exponent": law.exponent if law else None,
                "exponent_low": law.low if law else None,
                "exponent_high": law.high if law else None,
                "latency_at_1_mp_s": law.coefficient_s if law else None,
                "sizes": len(sizes),
            }
        )
    notes = ["1.00 is proportional to the pixels. Failed sizes are not in a fit."]
    if any(law is None for _, law in fits.values()):
        notes.append(f"n/a: a fit needs {MIN_SIZES} sizes that were right.")
    return Table(
        title=title,
        columns=[
            Column(header="operation@backend", is_number=False),
            Column(header="threads", short="thr"),
            Column(header="workers", short="wrk"),
            Column(header="exponent"),
            Column(header="95 % band"),
            Column(header="fitted at 1 MP"),
            Column(header="valid sizes", is_number=False),
        ],
        rows=cells,
        frame=pd.DataFrame(raw),
        notes=notes,
    )
