"""Where the time of one picture goes: decode, preprocess, infer, postprocess, encode; what is paid once apart."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit.contracts.measurement import PIPELINE
from toolkit.core import units
from toolkit.results.rows.frame import frame_of
from toolkit.results.rows.labels import shared_text
from toolkit.results.rows.order import fastest_first, group_starts
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import ONCE, Summary
from toolkit.results.tables.cells import time_cell
from toolkit.results.tables.columns import name_columns
from toolkit.results.tables.layout import Cell, Column, Table


def pipeline_table(measurements: Iterable[Measured], *, title: str = "Where the time goes") -> Table:
    """Milliseconds of each stage of one picture, end to end, and what is paid once; medians over processes.

    A row with ``reload=true`` loads its model anew for each picture, and stands beside the one that keeps it.
    """
    rows = [s for s in fastest_first(newest_rows(measurements)) if s.pipeline_s]
    scale, unit = units.time_unit(s.stages_s.get(stage) for s in rows for stage in ("load", "first"))
    columns = [
        *name_columns(rows),
        *(_stage(stage) for stage in PIPELINE),
        *_TOTALS,
        *(_once(stage, scale, unit) for stage in ONCE),
    ]
    shared, notes = shared_text(rows), []
    if rows:
        notes.append(
            "Medians over processes. End to end: the sum of the five, from JPEG to JPEG (mattes: PNG)."
        )
    if any(s.trial.is_reloaded for s in rows):
        notes.append("reload=true: the model is loaded anew for each picture, within infer.")
    return Table.of(
        rows,
        columns,
        title=f"{title}: {shared}" if shared else title,
        frame=frame_of(rows),
        groups=group_starts(rows),
        notes=notes,
    )


def _stage(stage: str) -> Column:
    short = stage.removesuffix("process")
    return Column(stage, lambda s: _ms(s.pipeline_s.get(stage), s), short=short, unit="ms")


def _once(stage: str, scale: float, unit: str) -> Column:
    return Column(
        f"once: {stage}",
        lambda s: time_cell(s.stages_s.get(stage), scale),
        short=stage,
        unit=unit,
        gives_way=2 if stage == "import" else 1,
    )


def _ms(value_s: float | None, s: Summary) -> Cell:
    return time_cell(value_s, 1e-3, is_struck=s.is_failed)


_TOTALS = (
    Column("end to end", lambda s: _ms(s.end_to_end_s, s), short="total", unit="ms"),
    Column("share of infer", lambda s: f"{100 * s.infer_share:.0f}", short="infer", unit="%"),
)
