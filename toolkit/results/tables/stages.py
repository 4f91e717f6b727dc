"""Make the tables of stages: the stages of a process before its first picture, and the stages of each picture."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from toolkit.contracts.measurement import PIPELINE, STAGES
from toolkit.core import units
from toolkit.results.rows.labels import with_shared
from toolkit.results.rows.order import fastest_first
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import ONCE, Summary
from toolkit.results.tables.columns import LABELLED, cost_column, name_columns, status_text, table_of_rows
from toolkit.results.tables.layout import Column, Table, text_column

_Ms = partial(Column, unit="ms", scale=1e-3)
_CostMs = partial(cost_column, unit="ms", scale=1e-3)

_WORDS = {
    "spawn": "start Python",
    "import": "import runtime",
    "photos": "read photos",
    "load": "load or build",
    "first": "first call",
}
"""Header of each stage of `STAGES`; plain text shows the short name."""


def stages_table(
    measurements: Iterable[Measured], *, title: str = "From cold start to steady state"
) -> Table:
    """Make a table of the milliseconds of each stage of a new process, and of the steady latency."""
    rows = [s for s in newest_rows(measurements) if s.stages_s]
    columns = [*LABELLED, *map(_stage, STAGES)]
    notes = [
        "Times: medians over processes. spawn: Python starts; import: the runtime is imported; photos: the photos are "
        "read; load: the model is opened or the kernel built; first: the first call; ?: other processes disturbed the "
        "row."
    ]
    if any(s.measurement.cold_first_s is not None for s in rows):
        columns.append(_Ms("first call, cold cache", lambda s: s.measurement.cold_first_s, short="cold"))
        columns.append(_Ms("first call, warm cache", lambda s: s.warm_first_s, short="warm"))
        notes.append("Cold cache: the first call compiles; warm cache: the first call loads compiled code.")
    columns += [
        _CostMs("steady call", lambda s: s.latency.value, short="steady"),
        Column("first over steady", _first_over_steady, short="over", unit="times"),
        text_column("status", status_text),
    ]
    return table_of_rows(rows, columns, title=title, notes=notes)


def pipeline_table(measurements: Iterable[Measured], *, title: str = "Where the time goes") -> Table:
    """Make a table of the milliseconds of each stage of one picture, and of the stages that a process runs once.

    The stages of a picture are decode, preprocess, infer, postprocess, encode. The times are medians over processes.
    With ``reload=true``, the model is loaded again for each picture.
    """
    rows = [s for s in fastest_first(newest_rows(measurements)) if s.pipeline_s]
    scale, unit = units.time_unit(s.stages_s.get(stage) for s in rows for stage in ("load", "first"))
    columns = [
        *name_columns(rows),
        *map(_stage_of_picture, PIPELINE),
        _CostMs("end to end", lambda s: s.end_to_end_s, short="total"),
        Column("share of infer", lambda s: f"{100 * s.infer_share:.0f}", short="infer", unit="%"),
        *(_once(stage, scale=scale, unit=unit) for stage in ONCE),
    ]
    notes = []
    if rows:
        notes.append(
            "Times: medians over processes. End to end: sum of the five stages, from JPEG file to JPEG file (PNG for "
            "mattes)."
        )
    if any(s.trial.is_reloaded for s in rows):
        notes.append("reload=true: the model is loaded again for each picture, in stage infer.")
    return table_of_rows(rows, columns, title=with_shared(title, rows), notes=notes)


def _stage(stage: str) -> Column:
    column = _CostMs if stage == "first" else _Ms
    return column(_WORDS[stage], lambda s: s.stages_s.get(stage), short=stage)


def _stage_of_picture(stage: str) -> Column:
    return _CostMs(stage, lambda s: s.pipeline_s.get(stage), short=stage.removesuffix("process"))


def _once(stage: str, *, scale: float, unit: str) -> Column:
    column = partial(Column, short=stage, unit=unit, scale=scale, gives_way=2 if stage == "import" else 1)
    return column(f"{_WORDS[stage]}, once", lambda s: s.stages_s.get(stage))


def _first_over_steady(s: Summary) -> str:
    return units.ratio(s.stages_s["first"] / s.latency.value if "first" in s.stages_s else None)
