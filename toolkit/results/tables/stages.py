"""What comes before the first picture, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from toolkit.contracts.measurement import STAGES
from toolkit.core import units
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary
from toolkit.results.tables.columns import LABELLED, is_failed, status_text, table_of_rows
from toolkit.results.tables.layout import Column, Table, text_column

_Ms = partial(Column, unit="ms", scale=1e-3)


def stages_table(
    measurements: Iterable[Measured], *, title: str = "From cold start to steady state"
) -> Table:
    """Seconds of each stage of a fresh process, medians over processes, beside the steady latency."""
    rows = [s for s in newest_rows(measurements) if s.stages_s]
    columns = [*LABELLED, *map(_stage, STAGES)]
    notes = [
        "Medians over processes. spawn: the interpreter starts; import: the runtime is imported; photos: the photos "
        "are read; load: the model is opened, or the kernel built; first: the first call; ?: the machine was not quiet."
    ]
    if any(s.measurement.cold_first_s is not None for s in rows):
        columns.append(_Ms("first, cold cache", lambda s: s.measurement.cold_first_s, short="cold"))
        columns.append(_Ms("first, warm cache", lambda s: s.warm_first_s, short="warm"))
        notes.append("Cold cache: the first call compiles; warm cache: it loads what was compiled earlier.")
    columns += [
        _Ms("steady", lambda s: s.latency.value, is_wrong=is_failed),
        Column("first / steady", _first_over_steady),
        text_column("status", status_text),
    ]
    return table_of_rows(rows, columns, title=title, notes=notes)


def _stage(stage: str) -> Column:
    return _Ms(stage, lambda s: s.stages_s.get(stage), is_wrong=lambda s: stage == "first" and s.is_failed)


def _first_over_steady(s: Summary) -> str:
    return units.ratio(s.stages_s["first"] / s.latency.value if "first" in s.stages_s else None)
