"""The time of one picture by stage (decode, preprocess, infer, postprocess, encode); what each process pays once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from toolkit.contracts.measurement import PIPELINE
from toolkit.core import units
from toolkit.results.rows.labels import with_shared
from toolkit.results.rows.order import fastest_first
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import ONCE
from toolkit.results.tables.columns import is_failed, name_columns, table_of_rows
from toolkit.results.tables.layout import Column, Table

_Ms = partial(Column, unit="ms", scale=1e-3, is_wrong=is_failed)


def pipeline_table(measurements: Iterable[Measured], *, title: str = "Where the time goes") -> Table:
    """Milliseconds of each stage of one picture, end to end, and what each process pays once; medians over processes.

    A row with ``reload=true`` loads its model again for each picture.
    """
    rows = [s for s in fastest_first(newest_rows(measurements)) if s.pipeline_s]
    scale, unit = units.time_unit(s.stages_s.get(stage) for s in rows for stage in ("load", "first"))
    columns = [
        *name_columns(rows),
        *map(_stage, PIPELINE),
        _Ms("end to end", lambda s: s.end_to_end_s, short="total"),
        Column("share of infer", lambda s: f"{100 * s.infer_share:.0f}", short="infer", unit="%"),
        *(_once(stage, scale=scale, unit=unit) for stage in ONCE),
    ]
    notes = []
    if rows:
        notes.append(
            "Medians over processes. End to end: the sum of the five, from JPEG to JPEG (mattes: PNG)."
        )
    if any(s.trial.is_reloaded for s in rows):
        notes.append("reload=true: the model is loaded again for each picture, within infer.")
    return table_of_rows(rows, columns, title=with_shared(title, rows), notes=notes)


def _stage(stage: str) -> Column:
    return _Ms(stage, lambda s: s.pipeline_s.get(stage), short=stage.removesuffix("process"))


def _once(stage: str, *, scale: float, unit: str) -> Column:
    column = partial(Column, short=stage, unit=unit, scale=scale, gives_way=2 if stage == "import" else 1)
    return column(f"once: {stage}", lambda s: s.stages_s.get(stage))
