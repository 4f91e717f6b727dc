"""What comes before the first picture, as a table."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit.contracts.measurement import STAGES
from toolkit.core import units
from toolkit.results.rows.frame import frame_of
from toolkit.results.rows.order import group_starts
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.tables.cells import time_cell
from toolkit.results.tables.layout import Cell, Column, Table


def stages_table(
    measurements: Iterable[Measured], *, title: str = "From cold start to steady state"
) -> Table:
    """Seconds of each stage of a fresh process, medians over processes, beside the steady latency."""
    rows = [s for s in newest_rows(measurements) if s.stages_s]
    with_cache = any(s.measurement.cold_first_s is not None for s in rows)
    columns = [
        Column(header="operation@backend", is_number=False),
        Column(header="threads", short="thr"),
        Column(header="workers", short="wrk"),
        Column(header="size", unit="MP"),
        *(Column(header=stage, unit="ms") for stage in STAGES),
        *[Column(header="first, cold cache", short="cold", unit="ms")] * with_cache,
        *[Column(header="first, warm cache", short="warm", unit="ms")] * with_cache,
        Column(header="steady", unit="ms"),
        Column(header="first / steady"),
        Column(header="status", is_number=False),
    ]
    cells = [
        [
            Cell(text=s.label),
            Cell(text=str(s.trial.placement.threads)),
            Cell(text=str(s.trial.workers)),
            Cell(text=units.megapixels(s.trial.megapixels)),
            *(
                time_cell(s.stages_s.get(stage), 1e-3, is_struck=stage == "first" and s.is_failed)
                for stage in STAGES
            ),
            *[time_cell(s.measurement.cold_first_s, 1e-3)] * with_cache,
            *[time_cell(s.warm_first_s, 1e-3)] * with_cache,
            time_cell(s.latency.value, 1e-3, is_struck=s.is_failed),
            Cell(text=units.ratio(s.stages_s["first"] / s.latency.value if "first" in s.stages_s else None)),
            Cell(text=s.measurement.status + " ?" * bool(s.measurement.suspect)),
        ]
        for s in rows
    ]
    return Table(
        title=title,
        columns=columns,
        rows=cells,
        frame=frame_of(rows),
        groups=group_starts(rows),
        notes=[
            "Medians over processes. spawn: the interpreter starts; import: the runtime is imported; photos: the "
            "photos are read; load: the model is opened, or the kernel built; first: the first call; ?: the machine "
            "was not quiet.",
            *["Cold cache: compilation and all; warm: what was compiled earlier is loaded."] * with_cache,
        ],
    )
