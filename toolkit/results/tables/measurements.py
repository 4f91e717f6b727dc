"""The main table: what each row costs and what its picture is worth; the other tables are found here too."""

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
    number_cell,
    time_cell,
)
from toolkit.results.tables.columns import name_columns
from toolkit.results.tables.facts import facts_table
from toolkit.results.tables.growth import growth_table
from toolkit.results.tables.layout import Cell, Column, Footnotes, Table
from toolkit.results.tables.notes import notes_of
from toolkit.results.tables.stages import stages_table

__all__ = ["facts_table", "growth_table", "results_table", "stages_table"]

Field = tuple[Column, Callable[[Summary], Cell]]

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
    faster = speedups(rows)
    metrics = metrics_of(rows)
    fields = [
        *name_columns(rows),
        *_cost(rows, faster, metrics),
        *_agreement(rows, is_short=bool(metrics)),
        *(_quality(metric) for metric in metrics),
        *_start(rows, faster),
        (
            Column(header="status", is_number=False),
            lambda s: _status(s, footnotes, remarks),
        ),
    ]
    shared = shared_text(rows)
    return Table(
        title=f"{title}: {shared}" if shared else title,
        columns=[column for column, _ in fields],
        rows=[[cell(s) for _, cell in fields] for s in rows],
        frame=frame_of(rows),
        groups=group_starts(rows),
        footnotes=footnotes.sentences,
        notes=notes_of(rows, faster, metrics, left_out=len(measurements) - len(rows)),
    )


def _cost(
    rows: Sequence[Summary], faster: Mapping[RowKey, Estimate | None], metrics: Sequence[Metric]
) -> list[Field]:
    """Latency, speed-up, rates, memory; metrics of quality take the place of what can be done without."""
    scale, unit = units.time_unit(s.latency.value for s in rows)
    fastest = _best(rows, lambda s: s.latency.value, smallest=True)
    busiest = _best(rows, lambda s: s.throughput.value, smallest=False)
    side_by_side = any(s.trial.workers > 1 for s in rows)
    is_one_size = len({(s.trial.width, s.trial.height) for s in rows}) == 1
    is_told_twice = all(s.trial.workers == s.trial.batch == 1 for s in rows)
    fields: list[Field] = [
        (
            Column(header="latency", unit=unit),
            lambda s: time_cell(s.latency.value, scale, is_best=s.key in fastest, is_struck=s.is_failed),
        ),
        (
            Column(header="95 % interval", unit=unit),
            lambda s: Cell(
                text="" if s.is_failed else interval_text(s.latency, scale, workers=s.trial.workers)
            ),
        ),
    ]
    if faster:
        fields.append((Column(header="speed-up"), lambda s: Cell(text=_speedup(s, faster))))
    if faster and len(metrics) < _MANY_METRICS:
        column = Column(header="95 % interval of it", is_compact=False)
        fields.append((column, lambda s: Cell(text=_factor_interval(faster.get(s.key)))))
    if not (metrics and is_told_twice):  # then the rate is the latency turned round
        rate = Column(header="rate", unit="images/s", gives_way=4 if is_told_twice else 0)
        fields.append(
            (
                rate,
                lambda s: number_cell(s.throughput.value, is_best=s.key in busiest, is_struck=s.is_failed),
            )
        )
    if not (faster and is_told_twice and is_one_size):
        column = Column(header="rate", unit="MP/s", gives_way=5)
        fields.append((column, lambda s: number_cell(s.megapixels_per_s, is_struck=s.is_failed)))
    if side_by_side:
        fields.append((Column(header="parallel efficiency", short="eff.", unit="%"), _efficiency))
    fields.append(
        (
            Column(header="peak memory", short="peak", unit="MB"),
            lambda s: number_cell(None if s.peak_bytes is None else s.peak_bytes / 1e6),
        )
    )
    return fields + _of_card(rows)


def _of_card(rows: Sequence[Summary]) -> list[Field]:
    """Memory and use of the graphics card, where one was asked."""
    peaks = {
        s.key: m.gpu_peak_bytes for s in rows if (m := s.measurement.memory) and m.gpu_peak_bytes is not None
    }
    busy = {s.key: m.gpu_busy_percent for s in rows if (m := s.measurement.memory)}
    if not peaks:
        return []
    peak = Column(header="GPU peak memory", short="GPU", unit="MB")
    return [
        (peak, lambda s: number_cell(peaks[s.key] / 1e6 if s.key in peaks else None)),
        (
            Column(header="GPU busy", short="busy", unit="%", gives_way=3),
            lambda s: number_cell(busy.get(s.key)),
        ),
    ]


def _agreement(rows: Sequence[Summary], *, is_short: bool) -> list[Field]:
    """The largest difference from the reference, and PSNR and SSIM where there are any; a short one without SSIM."""
    has_psnr = any(s.measurement.agreement and s.measurement.agreement.psnr_db for s in rows)
    # With reduced precision it is the PSNR that decides, and no longer the largest difference.
    is_decisive = has_psnr and any(s.precision != Precision.FP32 for s in rows)
    levels = Column(header="agrees", is_number=False, is_wrapped=False, gives_way=3 if is_decisive else 0)
    fields: list[Field] = [(levels, lambda s: Cell(text=agreement_text(s.measurement.agreement)))]
    if has_psnr:
        psnr = Column(header="PSNR to reference", short="PSNR", unit="dB", is_compact=is_decisive)
        fields.append((psnr, lambda s: Cell(text=agreement_db_text(s.measurement.agreement))))
    if has_psnr and not is_short:
        ssim = Column(header="SSIM to reference", is_compact=False)
        fields.append((ssim, lambda s: Cell(text=agreement_ssim_text(s.measurement.agreement))))
    return fields


def _quality(metric: Metric) -> Field:
    return (
        Column(header=metric.header, unit=metric.unit, gives_way=0 if metric.is_main else 3),
        lambda s: Cell(text=metric.number(quality_of(s, metric))),
    )


def _start(rows: Sequence[Summary], faster: Mapping[RowKey, Estimate | None]) -> list[Field]:
    """What is paid once, loading and compiling apart: worth columns where ways of doing the same are compared."""
    if not faster:
        return []
    scale, unit = units.time_unit(t for s in rows for t in (s.stages_s.get("load"), s.compile_s))
    load = Column(header="load", unit=unit, gives_way=2)
    # The table of stages has it, and this one would be wider than a page.
    is_told_elsewhere = any(s.pipeline_s for s in rows)
    first = Column(header="first call", unit=unit, is_compact=False)
    compiling = Column(header="compile", unit=unit, gives_way=1)
    return [
        (load, lambda s: time_cell(s.stages_s.get("load"), scale)),
        *[(first, lambda s: time_cell(s.stages_s.get("first"), scale))] * (not is_told_elsewhere),
        (compiling, lambda s: time_cell(s.compile_s, scale)),
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
    text = measurement.status + " ?" * bool(measurement.suspect)
    return Cell(text=text, notes=tuple(sorted(footnotes.add(note) for note in notes)))


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


def _efficiency(s: Summary) -> Cell:
    return Cell(text=f"{100 * s.efficiency.value:.0f}" if s.efficiency else units.NOT_AVAILABLE)
