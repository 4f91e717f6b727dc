"""The main table: what each row costs and what its picture is worth."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from toolkit.analysis.stats import Estimate
from toolkit.core import units
from toolkit.core.choices import Precision
from toolkit.results.rows.baseline import speedups
from toolkit.results.rows.frame import frame_of
from toolkit.results.rows.labels import shared_text
from toolkit.results.rows.order import fastest_first, group_starts
from toolkit.results.rows.quality_metrics import Metric, metrics_of, quality_of
from toolkit.results.rows.remarks import kind_of, merged, remarks_of
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import RowKey, Summary
from toolkit.results.tables.cells import (
    agreement_db_text,
    agreement_ssim_text,
    agreement_text,
    interval_text,
    megabytes_cell,
    number_cell,
    status_text,
    time_cell,
)
from toolkit.results.tables.columns import name_columns
from toolkit.results.tables.layout import Cell, Column, Footnotes, Table
from toolkit.results.tables.notes import notes_of

_MANY_METRICS = 3
"""With so many the table would be wider than a page."""


def results_table(measurements: Iterable[Measured], *, title: str = "Latency and throughput") -> Table:
    """The main table: one row a Measurement, best cells marked among rows that do the same.

    Rows that do the same stand together, the fastest first; what all rows share stands in the title. A column is there
    when a row has something in it. Raw numbers are in ``.frame``; ``.text()`` shows the columns that fit a terminal,
    ``.html()`` all of them.
    """
    measurements = list(measurements)
    rows = fastest_first(newest_rows(measurements))
    footnotes, remarks = Footnotes(), merged(remark for s in rows for remark in remarks_of(s))
    faster, metrics = speedups(rows), metrics_of(rows)
    shared = shared_text(rows)
    columns = [
        *name_columns(rows),
        *_cost(rows, faster, metrics),
        *_card(rows),
        *_agreement(rows, is_short=bool(metrics)),
        *(_quality(metric) for metric in metrics),
        *(_start(rows) if faster else ()),
        Column("status", lambda s: _status(s, footnotes, remarks), is_number=False),
    ]
    return Table.of(
        rows,
        columns,
        title=f"{title}: {shared}" if shared else title,
        frame=frame_of(rows),
        groups=group_starts(rows),
        footnotes=footnotes.sentences,
        notes=notes_of(rows, faster, metrics, left_out=len(measurements) - len(rows)),
    )


def _cost(
    rows: Sequence[Summary], faster: Mapping[RowKey, Estimate | None], metrics: Sequence[Metric]
) -> list[Column]:
    """Latency, speed-up, rates, memory; less important ones are left out where metrics of quality need the space."""
    scale, unit = units.time_unit(s.latency.value for s in rows)
    fastest = _best(rows, lambda s: s.latency.value, smallest=True)
    # With one worker and one picture a call, the rate is the inverse of the latency.
    is_inverse = all(s.trial.workers == s.trial.batch == 1 for s in rows)
    columns = [
        Column(
            "latency",
            lambda s: time_cell(s.latency.value, scale, is_best=s.key in fastest, is_struck=s.is_failed),
            unit=unit,
        ),
        Column(
            "95 % interval",
            lambda s: "" if s.is_failed else interval_text(s.latency, scale, workers=s.trial.workers),
            unit=unit,
        ),
    ]
    if faster:
        columns.append(Column("speed-up", lambda s: _speedup(s, faster)))
    if faster and len(metrics) < _MANY_METRICS:
        columns.append(
            Column("95 % interval of it", lambda s: _factor_interval(faster.get(s.key)), is_compact=False)
        )
    if not (metrics and is_inverse):
        columns.append(_rate(rows, gives_way=4 if is_inverse else 0))
    if not (faster and is_inverse and len({s.size for s in rows}) == 1):
        columns.append(_PIXEL_RATE)
    if any(s.trial.workers > 1 for s in rows):
        columns.append(_EFFICIENCY)
    return [*columns, _MEMORY]


def _rate(rows: Sequence[Summary], *, gives_way: int) -> Column:
    busiest = _best(rows, lambda s: s.throughput.value, smallest=False)

    def cell(s: Summary) -> Cell:
        return number_cell(s.throughput.value, is_best=s.key in busiest, is_struck=s.is_failed)

    return Column("rate", cell, unit="images/s", gives_way=gives_way)


_PIXEL_RATE = Column(
    "rate", lambda s: number_cell(s.megapixels_per_s, is_struck=s.is_failed), unit="MP/s", gives_way=5
)
_EFFICIENCY = Column(
    "parallel efficiency",
    lambda s: f"{100 * s.efficiency.value:.0f}" if s.efficiency else units.NOT_AVAILABLE,
    short="eff.",
    unit="%",
)
_MEMORY = Column("peak memory", lambda s: megabytes_cell(s.peak_bytes), short="peak", unit="MB")


def _card(rows: Sequence[Summary]) -> list[Column]:
    """Memory and use of the graphics card, where one was asked for."""
    memory = {s.key: s.measurement.memory for s in rows if s.measurement.memory}
    if all(m.gpu_peak_bytes is None for m in memory.values()):
        return []

    def of(s: Summary, name: str) -> float | None:
        return getattr(memory.get(s.key), name, None)

    return [
        Column("GPU peak memory", lambda s: megabytes_cell(of(s, "gpu_peak_bytes")), short="GPU", unit="MB"),
        Column(
            "GPU busy", lambda s: number_cell(of(s, "gpu_busy_percent")), short="busy", unit="%", gives_way=3
        ),
    ]


def _agreement(rows: Sequence[Summary], *, is_short: bool) -> list[Column]:
    """The largest difference from the reference, and PSNR and SSIM where there are any; a short one without SSIM."""
    has_psnr = any(s.measurement.agreement and s.measurement.agreement.psnr_db for s in rows)
    # With reduced precision the PSNR decides, and no longer the largest difference.
    is_decisive = has_psnr and any(s.precision != Precision.FP32 for s in rows)
    columns = [
        Column(
            "agrees",
            lambda s: agreement_text(s.measurement.agreement),
            is_number=False,
            is_wrapped=False,
            gives_way=3 if is_decisive else 0,
        )
    ]
    if has_psnr:
        columns.append(
            Column(
                "PSNR to reference",
                lambda s: agreement_db_text(s.measurement.agreement),
                short="PSNR",
                unit="dB",
                is_compact=is_decisive,
            )
        )
    if has_psnr and not is_short:
        columns.append(
            Column(
                "SSIM to reference", lambda s: agreement_ssim_text(s.measurement.agreement), is_compact=False
            )
        )
    return columns


def _quality(metric: Metric) -> Column:
    return Column(
        metric.header,
        lambda s: metric.number(quality_of(s, metric)),
        unit=metric.unit,
        gives_way=0 if metric.is_main else 3,
    )


def _start(rows: Sequence[Summary]) -> list[Column]:
    """What is paid once: worth columns where ways of doing the same are compared."""
    scale, unit = units.time_unit(t for s in rows for t in (s.stages_s.get("load"), s.compile_s))
    first = Column(
        "first call", lambda s: time_cell(s.stages_s.get("first"), scale), unit=unit, is_compact=False
    )
    return [
        Column("load", lambda s: time_cell(s.stages_s.get("load"), scale), unit=unit, gives_way=2),
        # The table of pipeline stages has the first call; with it this table would be wider than a page.
        *([] if any(s.pipeline_s for s in rows) else [first]),
        Column("compile", lambda s: time_cell(s.compile_s, scale), unit=unit, gives_way=1),
    ]


def _speedup(s: Summary, faster: Mapping[RowKey, Estimate | None]) -> str:
    if s.key not in faster:
        return ""
    ratio = faster[s.key]
    return "baseline" if ratio is None else units.ratio(ratio.value)


def _factor_interval(ratio: Estimate | None) -> str:
    if ratio is None or ratio.low is None or ratio.high is None:
        return ""
    return units.interval(ratio.low, ratio.high)


def _status(row: Summary, footnotes: Footnotes, remarks: Mapping[str, str]) -> Cell:
    measurement = row.measurement
    notes = [measurement.note] if measurement.note else []
    notes += [f"{remarks[kind]}." for kind in dict.fromkeys(map(kind_of, remarks_of(row)))]
    return Cell(status_text(row), notes=tuple(sorted(footnotes.add(note) for note in notes)))


def _best(
    rows: Sequence[Summary], value: Callable[[Summary], float | None], *, smallest: bool
) -> set[RowKey]:
    """The best ok row of each group that has at least two to choose from."""
    groups: dict[tuple[object, ...], list[tuple[float, RowKey]]] = defaultdict(list)
    for s in rows:
        number = value(s)
        if s.is_ok and number is not None and math.isfinite(number):
            groups[s.group].append((number, s.key))
    pick = min if smallest else max
    return {pick(group)[1] for group in groups.values() if len(group) > 1}
