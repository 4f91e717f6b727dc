"""Define columns that several tables share, and make tables whose rows are summaries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from toolkit.analysis.stats import Estimate
from toolkit.core import units
from toolkit.results.rows.frame import frame_of
from toolkit.results.rows.labels import shared_parts
from toolkit.results.rows.order import group_starts
from toolkit.results.rows.summary import Summary
from toolkit.results.tables.layout import Column, Table, text_column

cost_column = partial(Column, is_wrong=lambda s: s.is_failed)
"""A column of times or rates; numbers of rows with a wrong picture are struck through."""

THREADS = Column("threads", lambda s: str(s.trial.placement.threads), short="thr")
WORKERS = Column("workers", lambda s: str(s.trial.workers), short="wrk")
EXECUTOR = text_column("executor", lambda s: s.trial.executor)
SIZE = Column("size", lambda s: units.megapixels(s.trial.megapixels), unit="MP")

LABELLED = (text_column("operation@backend", lambda s: s.label), THREADS, WORKERS, SIZE)
"""Columns that identify any row; the label in the first column contains all settings."""


def table_of_rows(rows: Sequence[Summary], columns: Sequence[Column], **parts: Any) -> Table:
    """Make a table of summaries, with the raw numbers as DataFrame and lines between groups of comparable rows."""
    return Table.of(rows, columns, frame=frame_of(rows), groups=group_starts(rows), **parts)


def name_columns(rows: Sequence[Summary]) -> list[Column]:
    """Columns that distinguish the rows; settings that all rows share are in the table's title instead."""
    shared = shared_parts(rows)

    def settings(s: Summary) -> str:
        own = (part for part in s.setting_parts if part not in shared)
        return " ".join(part for part in own if not part.startswith(("device=", "precision=", "executor=")))

    def differ(value: Callable[[Summary], object]) -> bool:
        return len({value(s) for s in rows}) > 1

    columns = [text_column("operation@backend", lambda s: s.name)]
    if any(settings(s) for s in rows):
        columns.append(text_column("settings", settings))
    optional = [
        text_column("environment", lambda s: s.environment),
        text_column("device", lambda s: s.trial.placement.device),
        text_column("precision", lambda s: s.precision, short="prec", is_wrapped=False),
        EXECUTOR,
        THREADS,
        WORKERS,
    ]
    columns += [column for column in optional if differ(column.read)]
    return [*columns, SIZE] if differ(lambda s: s.size) else columns


def ends_text(estimate: Estimate | None) -> str:
    """The ends of a confidence interval in brackets; empty without an interval."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    return units.interval(estimate.low, estimate.high)


def status_text(s: Summary) -> str:
    """The status of a row, with a question mark if other processes disturbed the measurement."""
    status = str(s.measurement.status)
    return f"{status} ?" if s.measurement.suspect else status
