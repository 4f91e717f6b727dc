"""Table of the series in the history: number of runs, usual time (level) and last change of each series."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.core import units
from toolkit.results.history.judged import Change, History
from toolkit.results.history.sparkline import sparkline
from toolkit.results.tables.layout import Column, Table, text_column

NOTE = (
    "A series is one trial on one machine. An alert is no verdict: the runs of a series are measured apart, not in "
    "turns."
)


def series_table(histories: Sequence[History], *, title: str = "History of each series") -> Table:
    """Make the table that the command ``atelier history`` prints."""
    import pandas as pd

    columns = [
        text_column("trial", lambda h: h.series.trial),
        text_column("machine", lambda h: h.series.machine_name),
        Column("runs", lambda h: str(h.series.n_runs)),
        text_column("newest, UTC", lambda h: h.last_date[:10], is_wrapped=False),
        Column("level", lambda h: units.seconds(h.level_s)),
        text_column("newest runs", lambda h: sparkline(h.shown_s), is_wrapped=False),
        text_column("last change", lambda h: change_text(h.changes[-1] if h.changes else None)),
    ]
    if len({h.series.machine for h in histories}) == 1:
        title, columns = f"{title}: {histories[0].series.machine_name}", [columns[0], *columns[2:]]
    frame = pd.DataFrame([record(h) for h in histories])
    return Table.of(histories, columns, title=title, frame=frame, notes=[NOTE])


def record(history: History) -> dict[str, object]:
    """The raw values of one series, for JSON and CSV."""
    last = history.changes[-1] if history.changes else None
    return {
        "trial": history.series.trial,
        "operation": history.series.operation,
        "backend": history.series.backend,
        "machine": history.series.machine_name,
        "machine_id": history.series.machine,
        "runs": history.series.n_runs,
        "right_runs": history.n_timed,
        "first": history.first_date,
        "newest": history.last_date,
        "newest_s": history.newest_s,
        "level_s": history.level_s,
        "changes": len(history.changes),
        "last_change": last.date if last else None,
        "last_ratio": last.point.ratio if last else None,
    }


def change_text(change: Change | None) -> str:
    """Size and date of a change; empty without a change. A plus means slower, because the time has grown."""
    if change is None:
        return ""
    return f"{100 * (change.point.ratio - 1):+.0f} % on {change.date[:10]}"
