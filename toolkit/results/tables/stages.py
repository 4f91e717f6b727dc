"""What comes before the first picture, as a table."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit.contracts.measurement import STAGES
from toolkit.core import units
from toolkit.results.rows.frame import frame_of
from toolkit.results.rows.order import group_starts
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary
from toolkit.results.tables.cells import status_text, time_cell
from toolkit.results.tables.columns import LABELLED
from toolkit.results.tables.layout import Cell, Column, Table


def stages_table(
    measurements: Iterable[Measured], *, title: str = "From cold start to steady state"
) -> Table:
    """Seconds of each stage of a fresh process, medians over processes, beside the steady latency."""
    rows = [s for s in newest_rows(measurements) if s.stages_s]
    columns = [*LABELLED, *(_stage(stage) for stage in STAGES)]
    notes = [
        "Medians over processes. spawn: the interpreter starts; import: the runtime is imported; photos: the photos "
        "are read; load: the model is opened, or the kernel built; first: the first call; ?: the machine was not quiet."
    ]
    if any(s.measurement.cold_first_s is not None for s in rows):
        columns += _CACHES
        notes.append("Cold cache: the first call compiles; warm cache: it loads what was compiled earlier.")
    return Table.of(
        rows,
        [*columns, *_STEADY],
        title=title,
        frame=frame_of(rows),
        groups=group_starts(rows),
        notes=notes,
    )


def _stage(stage: str) -> Column:
    def cell(s: Summary) -> Cell:
        return time_cell(s.stages_s.get(stage), 1e-3, is_struck=stage == "first" and s.is_failed)

    return Column(stage, cell, unit="ms")


def _first_over_steady(s: Summary) -> str:
    return units.ratio(s.stages_s["first"] / s.latency.value if "first" in s.stages_s else None)


_CACHES = (
    Column(
        "first, cold cache", lambda s: time_cell(s.measurement.cold_first_s, 1e-3), short="cold", unit="ms"
    ),
    Column("first, warm cache", lambda s: time_cell(s.warm_first_s, 1e-3), short="warm", unit="ms"),
)
_STEADY = (
    Column("steady", lambda s: time_cell(s.latency.value, 1e-3, is_struck=s.is_failed), unit="ms"),
    Column("first / steady", _first_over_steady),
    Column("status", status_text, is_number=False),
)
