"""Make the main table: latency, throughput, memory, agreement and quality of each measurement."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from toolkit.analysis.stats import Estimate
from toolkit.contracts.turns import sets_in_turns
from toolkit.core import units
from toolkit.core.choices import Precision
from toolkit.results.rows.baseline import measured_apart, speedups
from toolkit.results.rows.frame import READERS
from toolkit.results.rows.labels import with_shared
from toolkit.results.rows.order import fastest_first
from toolkit.results.rows.quality_metrics import Metric, metrics_of, quality_of
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.reasons import reasons
from toolkit.results.rows.remarks import kind_of, merged, remarks_of
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import RowKey, Summary
from toolkit.results.tables.columns import cost_column, ends_text, name_columns, status_text, table_of_rows
from toolkit.results.tables.layout import Cell, Column, Table, text_column
from toolkit.results.tables.notes import notes_of

_MANY_METRICS = 3
"""With this many quality metrics or more, the table has no interval of the speed-up, so that it fits on a page."""


def results_table(measurements: Iterable[Measured], *, title: str = "Latency and throughput") -> Table:
    """Make the main table with one row for each Measurement; the best number among comparable rows is marked.

    Comparable rows stand together, the fastest first; settings that all rows share are in the title. Empty columns are
    left out. Raw numbers are in ``.frame``; ``.text()`` shows the columns that fit a terminal, ``.html()`` shows all
    columns.
    """
    measurements = list(measurements)
    rows = fastest_first(newest_rows(measurements))
    footnotes: dict[str, int] = {}  # maps the sentence of each footnote to the footnote's number
    reason = dict(
        zip((s.key for s in rows), reasons((s.trial, s.measurement.note) for s in rows), strict=True)
    )
    remarks = merged(remark for s in rows for remark in remarks_of(s))
    busy, metrics = busy_sentence(rows), metrics_of(rows)
    faster, apart = ({}, {}) if busy else (speedups(rows), measured_apart(rows))
    columns = [
        *name_columns(rows),
        *_cost(rows, faster, apart, metrics, is_busy=bool(busy)),
        *_card(rows),
        *_agreement(rows, is_short=bool(metrics)),
        *map(_quality, metrics),
        *(_start(rows) if faster else ()),
        *_date(rows),
        text_column("status", lambda s: _status(s, reason[s.key], footnotes, remarks)),
    ]
    notes = notes_of(rows, faster, apart, metrics, left_out=len(measurements) - len(rows), is_ranked=not busy)
    title = f"{busy} {with_shared(title, rows)}".strip()
    table = table_of_rows(rows, columns, title=title, notes=notes)
    return replace(table, footnotes=list(footnotes))


def _date(rows: Sequence[Summary]) -> list[Column]:
    """A column with the date of each measurement, if the rows were measured on several days."""
    column = text_column("measured", lambda s: s.measurement.began[:10], is_wrapped=False, gives_way=2)
    return [column] if len({column.read(s) for s in rows}) > 1 else []


def _cost(
    rows: Sequence[Summary],
    faster: Mapping[RowKey, Estimate | None],
    apart: Collection[RowKey],
    metrics: Sequence[Metric],
    *,
    is_busy: bool,
) -> list[Column]:
    """Columns of latency, speed-up, rates and memory; quality metrics take the place of less important columns."""
    scale, unit = units.time_unit(s.latency.value for s in rows)
    # With one worker and one picture per call, the rate is the inverse of the latency.
    is_inverse = all(s.trial.workers == s.trial.batch == 1 for s in rows)
    ranked = partial(_ranked, [] if is_busy else rows)
    columns = [
        ranked(min, "latency", lambda s: s.latency.value, unit=unit, scale=scale),
        Column("95 % interval", lambda s: "" if s.is_failed else _interval(s, scale), unit=unit),
    ]
    if faster or apart:
        columns.append(Column("speed-up", lambda s: "apart" if s.key in apart else _speedup(s, faster)))
    if faster and len(metrics) < _MANY_METRICS:
        columns.append(Column("speed-up interval", lambda s: ends_text(faster.get(s.key)), is_compact=False))
    if not (metrics and is_inverse):
        look = {"unit": "images/s", "gives_way": 4 if is_inverse else 0}
        columns.append(ranked(max, "throughput", lambda s: s.throughput.value, **look))
    if not (faster and is_inverse and len({s.size for s in rows}) == 1):
        columns.append(
            cost_column("pixel rate", lambda s: s.megapixels_per_s, short="pixels", unit="MP/s", gives_way=5)
        )
    if any(s.trial.workers > 1 for s in rows):
        columns.append(Column("parallel efficiency", _efficiency, short="eff.", unit="%"))
    return [*columns, Column("peak memory", lambda s: s.peak_bytes, short="peak", unit="MB", scale=1e6)]


def _card(rows: Sequence[Summary]) -> list[Column]:
    """Columns of the graphics card's memory and use, if at least one row used a graphics card."""
    peak_bytes, busy_percent = READERS["gpu_memory_peak_bytes"], READERS["gpu_busy_percent"]
    if all(peak_bytes(s) is None for s in rows):
        return []
    return [
        Column("GPU peak memory", peak_bytes, short="GPU", unit="MB", scale=1e6),
        Column("GPU busy", busy_percent, short="busy", unit="%", gives_way=3),
    ]


def _agreement(rows: Sequence[Summary], *, is_short: bool) -> list[Column]:
    """Columns of the difference from the reference: the largest difference, PSNR, and SSIM unless `is_short`."""
    has_psnr = any(s.measurement.agreement and s.measurement.agreement.psnr_db for s in rows)
    # With reduced precision, PSNR decides whether a picture agrees, so the largest difference may be dropped first.
    is_decisive = has_psnr and any(s.precision != Precision.FP32 for s in rows)
    columns = [
        text_column(
            "agrees", _difference, unit="grey levels", is_wrapped=False, gives_way=3 if is_decisive else 0
        )
    ]
    if has_psnr:
        columns.append(Column("PSNR to reference", _psnr, short="PSNR", unit="dB", is_compact=is_decisive))
    if has_psnr and not is_short:
        columns.append(Column("SSIM to reference", _ssim, is_compact=False))
    return columns


def _quality(metric: Metric) -> Column:
    look: dict[str, Any] = {"unit": metric.unit, "gives_way": 0 if metric.is_main else 3}
    return Column(metric.header, lambda s: metric.number(quality_of(s, metric)), **look)


def _start(rows: Sequence[Summary]) -> list[Column]:
    """Columns of times that each process spends once: loading the model, the first call, compiling."""
    scale, unit = units.time_unit(t for s in rows for t in (s.stages_s.get("load"), s.compile_s))
    time = partial(Column, unit=unit, scale=scale)
    load = time("load", lambda s: s.stages_s.get("load"), gives_way=2)
    first = time("first call", lambda s: s.stages_s.get("first"), is_compact=False)
    compiling = time("compile", lambda s: s.compile_s, gives_way=1)
    # The table of pipeline stages shows the first call, and that column would make this table wider than a page.
    return [load, compiling] if any(s.pipeline_s for s in rows) else [load, first, compiling]


def _ranked(
    rows: Sequence[Summary],
    pick: Callable[..., Summary],
    header: str,
    read: Callable[[Summary], float],
    **look: Any,
) -> Column:
    """A column of numbers; the best number of each group of rows is marked, if these rows were measured in turns."""
    groups: dict[tuple[object, ...], list[Summary]] = defaultdict(list)
    for s in rows:
        if s.is_ok and math.isfinite(read(s)):
            groups[s.group].append(s)
    best = {
        pick(members, key=read).key
        for members in groups.values()
        if len(members) > 1 and len(sets_in_turns(s.measurement for s in members)) == 1
    }
    return cost_column(header, read, is_best=lambda s: s.key in best, **look)


def _efficiency(s: Summary) -> str:
    return f"{100 * s.efficiency.value:.0f}" if s.efficiency else units.NOT_AVAILABLE


def _interval(s: Summary, scale: float) -> str:
    """The 95 % interval as text, or the number of processes or blocks if they are too few for an interval."""
    n = s.latency.n_processes
    if s.latency.has_interval or n == 0:
        return ends_text(s.latency.scaled(1 / scale))
    one, several = ("process", "processes") if s.trial.workers == 1 else ("block", "blocks")
    return f"one {one}" if n == 1 else f"{n} {several}"


def _speedup(s: Summary, faster: Mapping[RowKey, Estimate | None]) -> str:
    if s.key not in faster:
        return ""
    ratio = faster[s.key]
    if ratio is None:
        return "baseline"
    return "no difference" if ratio.includes(1) else units.ratio(ratio.value)


def _difference(s: Summary) -> str:
    """The largest difference from the reference, grey levels, and whether it is within the tolerance."""
    agreement = s.measurement.agreement
    if agreement is None:
        return units.NOT_AVAILABLE
    if not agreement.agrees:
        return f"no: {agreement.max_abs}"
    return "exact" if agreement.max_abs == 0 else f"within {agreement.max_abs}"


def _psnr(s: Summary) -> str | float | None:
    """PSNR against the reference, dB, or ``"equal"`` for identical pictures."""
    agreement = s.measurement.agreement
    if agreement is None:
        return None
    return "equal" if agreement.psnr_db is None and agreement.max_abs == 0 else agreement.psnr_db


def _ssim(s: Summary) -> str:
    """SSIM against the reference with four decimals, because SSIM values differ little."""
    agreement = s.measurement.agreement
    return units.NOT_AVAILABLE if agreement is None else f"{agreement.ssim:.4f}"


def _status(s: Summary, reason: str, footnotes: dict[str, int], remarks: Mapping[str, str]) -> Cell:
    notes = [reason] if reason else []
    notes += [f"{remarks[kind]}." for kind in dict.fromkeys(map(kind_of, remarks_of(s)))]
    numbers = [footnotes.setdefault(note, len(footnotes) + 1) for note in notes]
    return Cell(status_text(s), notes=tuple(sorted(numbers)))
