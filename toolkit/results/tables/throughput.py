"""Make the table of a sweep over executors, workers and threads: pictures per second, latency and memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from toolkit.analysis.ratios import ratio_of
from toolkit.contracts.trial_keys import USUAL_EXECUTOR
from toolkit.contracts.turns import took_turns
from toolkit.core import units
from toolkit.results.rows.frame import frame_of
from toolkit.results.rows.labels import with_shared
from toolkit.results.rows.load import (
    are_in_turns,
    best_of,
    is_oversubscribed,
    latency_under_load,
    most_pictures_first,
    plain_of,
    question_of,
    threads_at_work,
)
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.reasons import reasons
from toolkit.results.rows.remarks import kind_of, merged, remarks_of
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary
from toolkit.results.tables.columns import cost_column, ends_text, name_columns, status_text
from toolkit.results.tables.layout import Cell, Column, Table, text_column
from toolkit.results.tables.percentiles import percentile_text

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.50, 0.95)


def throughput_table(measured: Iterable[Measured], *, title: str = "Throughput") -> Table:
    """Make a table with one row for each combination of executor, workers and threads, the highest throughput on top.

    Columns: images/s with the 95 % interval over blocks, MP/s, parallel efficiency (throughput divided by workers times
    the throughput of one worker of the same executor), latency while all workers are busy, busy processors, threads at
    work, and the peak memory of all processes together. Raw numbers are in ``.frame``.
    """
    rows = most_pictures_first(newest_rows(measured))
    footnotes: dict[str, int] = {}
    said = reasons((s.trial, s.measurement.note) for s in rows)
    reason = dict(zip((s.key for s in rows), said, strict=True))
    remarks = merged(remark for s in rows for remark in remarks_of(s))
    busy = busy_sentence(rows)
    columns = [
        *_names(rows),
        *_rates(rows, is_ranked=not busy),
        *_latencies(rows),
        Column("CPUs busy", lambda s: s.busy_cores, short="CPUs"),
        Column("threads at work", threads_at_work, short="at work", gives_way=3),
        Column("peak memory", lambda s: s.peak_bytes, short="peak", unit="MB", scale=1e6),
        text_column("status", lambda s: _status(s, reason[s.key], footnotes, remarks)),
    ]
    cells = [[column.cell(s) for column in columns] for s in rows]
    return Table(
        title=f"{busy} {_title(title, rows)}".strip(),
        columns=columns,
        rows=cells,
        frame=_frame(rows),
        groups=[n for n, s in enumerate(rows) if n == 0 or question_of(s) != question_of(rows[n - 1])],
        footnotes=list(footnotes),
        notes=_notes(rows, is_ranked=not busy),
    )


def _title(title: str, rows: Sequence[Summary]) -> str:
    names = {s.name for s in rows}
    return with_shared(f"{title} of {names.pop()}" if len(names) == 1 else title, rows)


def _names(rows: Sequence[Summary]) -> list[Column]:
    """The columns that identify a row, with executor, workers and threads last."""
    found = {column.header: column for column in name_columns(rows)}
    if len({s.name for s in rows}) == 1:
        del found["operation@backend"]
    first = [found.pop(header) for header in ("executor", "workers", "threads") if header in found]
    return [*found.values(), *first]


def _rates(rows: Sequence[Summary], *, is_ranked: bool) -> list[Column]:
    groups: dict[tuple[object, ...], list[Summary]] = defaultdict(list)
    for s in rows:
        groups[question_of(s)].append(s)
    plain = {s.key: plain_of(members) for members in groups.values() for s in members}
    ranked = [
        members for members in groups.values() if is_ranked and len(members) > 1 and are_in_turns(members)
    ]
    best = {found.key for members in ranked if (found := best_of(members)) is not None}

    def gain(s: Summary) -> str:
        base = plain[s.key]
        if base is None or not s.is_ok:
            return ""
        if s is base:
            return "baseline"
        if not took_turns(base.measurement, s.measurement):
            return "apart"
        ratio = ratio_of(s.throughput, base.throughput)
        return "no difference" if ratio.includes(1) else units.ratio(ratio.value)

    rate = cost_column(
        "throughput",
        lambda s: s.throughput.value,
        short="rate",
        unit="images/s",
        is_best=lambda s: s.key in best,
    )
    columns = [
        rate,
        Column("95 % interval", lambda s: "" if s.is_failed else ends_text(s.throughput), unit="images/s"),
        cost_column("pixel rate", lambda s: s.megapixels_per_s, short="pixels", unit="MP/s", gives_way=4),
    ]
    if is_ranked:
        columns.append(Column("speed-up", gain))
    if is_ranked and any(s.trial.workers > 1 for s in rows):
        columns.append(Column("parallel efficiency", _efficiency, short="eff.", unit="%"))
    return columns


def _efficiency(s: Summary) -> str:
    return f"{100 * s.efficiency.value:.0f}" if s.efficiency else units.NOT_AVAILABLE


def _latencies(rows: Sequence[Summary]) -> list[Column]:
    scale, unit = units.time_unit(s.latency.value for s in rows)

    def column(quantile: float) -> Column:
        header = f"p{100 * quantile:.0f}"
        return Column(header, lambda s: _percentile_text(s, quantile, scale), unit=unit)

    return [column(quantile) for quantile in QUANTILES]


def _percentile_text(s: Summary, quantile: float, scale: float) -> str:
    return percentile_text(latency_under_load(s, quantile), scale) if s.is_ok else ""


def _status(s: Summary, reason: str, footnotes: dict[str, int], remarks: Mapping[str, str]) -> Cell:
    notes = [reason] if reason else []
    notes += [f"{remarks[kind]}." for kind in dict.fromkeys(map(kind_of, remarks_of(s)))]
    numbers = sorted(footnotes.setdefault(note, len(footnotes) + 1) for note in dict.fromkeys(notes))
    text = f"{status_text(s)} crowded" if is_oversubscribed(s) else status_text(s)
    return Cell(text, notes=tuple(numbers))


def _notes(rows: Sequence[Summary], *, is_ranked: bool) -> list[str]:
    executors = {s.trial.executor for s in rows}
    others = sorted(executors - {USUAL_EXECUTOR})
    needed = {
        "throughput: pictures of all workers in the time in which all of them work, geometric mean over blocks; each "
        "block starts new processes.": True,
        "p50, p95: latency of a call while all workers are busy; \u2265: at least, because there are too few calls for "
        "an upper bound.": True,
        "speed-up: throughput divided by the throughput of the row with the fewest workers and threads, marked "
        "baseline.": is_ranked and len(rows) > 1,
        f"{USUAL_EXECUTOR}: each worker makes one call after another. {', '.join(others)}: the latency includes the "
        "time to send a picture to a worker and to receive the result.": bool(others)
        and USUAL_EXECUTOR in executors,
        "crowded: the workers have more threads together than there are processors.": any(
            map(is_oversubscribed, rows)
        ),
    }
    return [note for note, is_needed in needed.items() if is_needed]


def _frame(rows: Sequence[Summary]) -> pd.DataFrame:
    """The raw numbers of `frame_of`, with columns for the latency under load and the threads of all processes."""
    frame = frame_of(rows)
    for quantile in QUANTILES:
        found = [latency_under_load(s, quantile) for s in rows]
        for part in ("value", "low", "high"):
            frame[f"load_p{100 * quantile:.0f}_{part}_s"] = [getattr(one, part) for one in found]
    frame["load_threads_at_work"] = [threads_at_work(s) for s in rows]
    frame["is_oversubscribed"] = [is_oversubscribed(s) for s in rows]
    return frame
