"""Make the table of all measurements in the order of time, also of repeated measurements of the same trial."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit.core import units
from toolkit.results.rows.frame import frame_of
from toolkit.results.rows.summarising import Measured, summarise
from toolkit.results.tables.columns import LABELLED, cost_column, ends_text, status_text
from toolkit.results.tables.layout import Table, text_column


def history_table(
    measurements: Iterable[Measured], *, title: str = "Every measurement, oldest first"
) -> Table:
    """Make a table with a row for each measurement in the order of time, also for repeated measurements of a trial."""
    rows = sorted(summarise(measurements), key=lambda s: s.measurement.began)
    scale, unit = units.time_unit(s.latency.value for s in rows)
    columns = [
        text_column("measured, UTC", lambda s: s.measurement.began[:16].replace("T", " "), is_wrapped=False),
        *LABELLED,
        cost_column("latency", lambda s: s.latency.value, unit=unit, scale=scale),
        cost_column("95 % interval", lambda s: ends_text(s.latency.scaled(1 / scale)), unit=unit),
        text_column("status", status_text),
        text_column("key", lambda s: s.measurement.key, is_wrapped=False, gives_way=1),
    ]
    notes = [
        "Other tables show the newest measurement of each trial. Measurements of different dates were not made in "
        "turns, so their times cannot be compared."
    ]
    return Table.of(rows, columns, title=title, frame=frame_of(rows), notes=notes)
