"""Measurements as tables: speed, stages, agreement and quality, growth with size."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from toolkit.analysis.scaling import MIN_SIZES
from toolkit.analysis.stats import MIN_PROCESSES, Estimate
from toolkit.core.measurement import FAILED, SKIPPED, Agreement, Measurement
from toolkit.results import units
from toolkit.results.doubts import kind_of, merged
from toolkit.results.frame import frame_of
from toolkit.results.layout import Cell, Column, Footnotes, Table
from toolkit.results.remarks import drift_remarks, remarks_of
from toolkit.results.summary import STAGES, Summary, fit_series, newest, summarise

WRONG = "struck through: time to a wrong picture, out of every fit and ranking"


def results_table(measurements: Iterable[Measurement], *, title: str = "Latency and throughput") -> Table:
    """The main table: one row a Measurement, best cells marked among rows that do the same.

    Raw numbers are in ``.frame``; ``.text()`` shows the columns that fit a terminal, ``.html()`` all of them.
    """
    measurements = list(measurements)
    rows = summarise(newest(measurements))
    footnotes, remarks = Footnotes(), merged(remark for s in rows for remark in remarks_of(s))
    scale, unit = units.time_unit(s.latency.value for s in rows)
    fastest = _best(rows, lambda s: s.latency.value, smallest=True)
    busiest = _best(rows, lambda s: s.throughput.value, smallest=False)
    many_environments = len({s.environment for s in rows}) > 1
    with_quality = any(s.measurement.quality for s in rows)
    side_by_side = any(s.trial.workers > 1 for s in rows)
    with_psnr = any(s.measurement.agreement and s.measurement.agreement.psnr_db for s in rows)
    columns = [
        Column(header="operation@backend", is_number=False),
        *[Column(header="environment", is_number=False)] * many_environments,
        Column(header="threads", short="thr"),
        Column(header="workers", short="wrk"),
        Column(header="size", unit="MP"),
        Column(header="latency", unit=unit),
        Column(header="95 % interval", unit=unit),
        Column(header="rate", unit="images/s"),
        Column(header="rate", unit="MP/s", is_compact=not with_quality),
        *[Column(header="parallel efficiency", short="eff.", unit="%")] * side_by_side,
        Column(header="peak memory", short="peak", unit="MB"),
        Column(header="agrees", is_number=False),
        *[Column(header="PSNR", unit="dB", is_compact=False)] * with_psnr,
        *[Column(header="SSIM", is_compact=False)] * with_psnr,
        *[Column(header="quality", unit="dB")] * with_quality,
        *[Column(header="quality SSIM", is_compact=False)] * with_quality,
        Column(header="status", is_number=False),
    ]
    cells = []
    for s in rows:
        wrong = s.measurement.status == FAILED
        agreement, quality = s.measurement.agreement, s.measurement.quality
        peak = s.peak_bytes
        cells.append(
            [
                Cell(text=f"{s.name} {s.settings}".strip()),
                *[Cell(text=s.environment)] * many_environments,
                Cell(text=str(s.trial.placement.threads)),
                Cell(text=str(s.trial.workers)),
                Cell(text=units.megapixels(s.trial.megapixels)),
                _time(s.latency.value, scale, is_best=id(s) in fastest, is_struck=wrong),
                Cell(text="" if wrong else _interval(s.latency, scale, workers=s.trial.workers)),
                _value(s.throughput.value, is_best=id(s) in busiest, is_struck=wrong),
                _value(s.megapixels_per_s, is_struck=wrong),
                *[_efficiency(s)] * side_by_side,
                _value(None if peak is None else peak / 1e6),
                Cell(text=agreement_text(agreement)),
                *[_psnr(agreement)] * with_psnr,
                *[Cell(text=f"{agreement.ssim:.4f}" if agreement else units.NOT_AVAILABLE)] * with_psnr,
                *[_value(quality.get("psnr_db"))] * with_quality,
                *[_value(quality.get("ssim"))] * with_quality,
                _status(s, footnotes, remarks),
            ]
        )
    return Table(
        title=title,
        columns=columns,
        rows=cells,
        frame=frame_of(rows),
        groups=_group_starts(rows),
        footnotes=footnotes.sentences,
        notes=_notes(rows, has_best=bool(fastest or busiest), left_out=len(measurements) - len(rows)),
    )


def stages_table(
    measurements: Iterable[Measurement], *, title: str = "From cold start to steady state"
) -> Table:
    """Seconds of each stage of a fresh process, medians over processes, beside the steady latency."""
    rows = [s for s in summarise(newest(measurements)) if s.stages_s]
    with_cache = any(s.measurement.cold_first_s is not None for s in rows)
    headers = {
        "spawn": "interpreter",
        "import": "import",
        "load": "load",
        "build": "build",
        "first": "first call",
    }
    columns = [
        Column(header="operation@backend", is_number=False),
        Column(header="threads", short="thr"),
        Column(header="workers", short="wrk"),
        Column(header="size", unit="MP"),
        *(Column(header=header, short=stage, unit="ms") for stage, header in headers.items()),
        *[Column(header="first, cold cache", short="cold", unit="ms")] * with_cache,
        *[Column(header="first, warm cache", short="warm", unit="ms")] * with_cache,
        Column(header="steady", unit="ms"),
        Column(header="first / steady"),
        Column(header="status", is_number=False),
    ]
    cells = [
        [
            Cell(text=f"{s.name} {s.settings}".strip()),
            Cell(text=str(s.trial.placement.threads)),
            Cell(text=str(s.trial.workers)),
            Cell(text=units.megapixels(s.trial.megapixels)),
            *(
                _time(
                    s.stages_s.get(stage), 1e-3, is_struck=stage == "first" and s.measurement.status == FAILED
                )
                for stage in STAGES
            ),
            *[_time(s.measurement.cold_first_s, 1e-3)] * with_cache,
            *[_time(s.warm_first_s, 1e-3)] * with_cache,
            _time(s.latency.value, 1e-3, is_struck=s.measurement.status == FAILED),
            Cell(text=units.ratio(s.stages_s["first"] / s.latency.value if "first" in s.stages_s else None)),
            Cell(text=s.measurement.status + " ?" * bool(s.measurement.suspect)),
        ]
        for s in rows
    ]
    return Table(
        title=title,
        columns=columns,
        rows=cells,
        frame=frame_of(rows),
        groups=_group_starts(rows),
        notes=[
            "Medians over processes. Load reads the photos and brings them to their size; build makes the kernel or "
            "the graph; ?: the machine was not quiet.",
            *["Cold cache: compilation and all; warm: what was compiled earlier is loaded."] * with_cache,
        ],
    )


def growth_table(measurements: Iterable[Measurement], *, title: str = "Growth with picture size") -> Table:
    """Exponent of latency against megapixels with its 95 % band, for each series of sizes that were right."""
    import pandas as pd

    fits = fit_series(summarise(newest(measurements)))
    cells, raw = [], []
    for (name, settings, threads, workers, environment), (points, law) in fits.items():
        sizes = [s.trial.megapixels for s in points]
        at_one = law.coefficient_s if law else math.nan
        ends = (
            sorted({units.megapixels(size) for size in (min(sizes), max(sizes))}, key=float) if sizes else []
        )
        cells.append(
            [
                Cell(text=f"{name} {settings}".strip()),
                Cell(text=str(threads)),
                Cell(text=str(workers)),
                Cell(text=f"{law.exponent:.2f}" if law else units.NOT_AVAILABLE),
                Cell(text=f"[{law.low:.2f}, {law.high:.2f}]" if law else ""),
                Cell(text=units.seconds(at_one)),
                Cell(text=f"{len(sizes)}: {' to '.join(ends)} MP" if ends else "none"),
            ]
        )
        raw.append(
            {
                "operation_backend": name,
                "settings": settings,
                "environment": environment,
                "threads": threads,
                "workers": workers,
                "exponent": law.exponent if law else None,
                "exponent_low": law.low if law else None,
                "exponent_high": law.high if law else None,
                "latency_at_1_mp_s": law.coefficient_s if law else None,
                "sizes": len(sizes),
            }
        )
    notes = ["1.00 is proportional to the pixels. Failed sizes are not in a fit."]
    if any(law is None for _, law in fits.values()):
        notes.append(f"n/a: a fit needs {MIN_SIZES} sizes that were right.")
    return Table(
        title=title,
        columns=[
            Column(header="operation@backend", is_number=False),
            Column(header="threads", short="thr"),
            Column(header="workers", short="wrk"),
            Column(header="exponent"),
            Column(header="95 % band"),
            Column(header="fitted at 1 MP"),
            Column(header="valid sizes", is_number=False),
        ],
        rows=cells,
        frame=pd.DataFrame(raw),
        notes=notes,
    )


def facts_table(facts: Mapping[str, object], *, title: str) -> Table:
    """Names and values, such as parameters or a machine's fingerprint; nested mappings get dotted names."""
    import pandas as pd

    flat = list(_flatten(facts))
    return Table(
        title=title,
        columns=[Column(header="name", is_number=False), Column(header="value", is_number=False)],
        rows=[[Cell(text=name), Cell(text=value)] for name, value in flat],
        frame=pd.DataFrame(flat, columns=["name", "value"]),
    )


def agreement_text(agreement: Agreement | None) -> str:
    """Largest difference from the reference in a word or two.

    >>> agreement_text(None)
    'n/a'
    """
    if agreement is None:
        return units.NOT_AVAILABLE
    if not agreement.agrees:
        return f"no: {agreement.max_abs}"
    return "exact" if agreement.max_abs == 0 else f"within {agreement.max_abs}"


def _time(value_s: float | None, scale: float, *, is_best: bool = False, is_struck: bool = False) -> Cell:
    return _value(None if value_s is None else value_s / scale, is_best=is_best, is_struck=is_struck)


def _value(value: float | None, *, is_best: bool = False, is_struck: bool = False) -> Cell:
    text = units.number(value)
    return Cell(text=text, is_best=is_best, is_struck=is_struck and text != units.NOT_AVAILABLE)


def _psnr(agreement: Agreement | None) -> Cell:
    if agreement is not None and agreement.psnr_db is None and agreement.max_abs == 0:
        return Cell(text="equal")
    return Cell(text=units.NOT_AVAILABLE if agreement is None else units.number(agreement.psnr_db))


def _interval(estimate: Estimate, scale: float, *, workers: int) -> str:
    if estimate.low is not None and estimate.high is not None:
        return units.interval(estimate.low / scale, estimate.high / scale)
    if estimate.n_processes == 0:
        return ""
    noun = "process" if workers == 1 else "block"
    plural = {"process": "processes", "block": "blocks"}[noun]
    return f"one {noun}" if estimate.n_processes == 1 else f"{estimate.n_processes} {plural}"


def _status(row: Summary, footnotes: Footnotes, remarks: Mapping[str, str]) -> Cell:
    measurement = row.measurement
    notes = [measurement.note] if measurement.note else []
    notes += [f"{remarks[kind]}." for kind in dict.fromkeys(map(kind_of, remarks_of(row)))]
    text = measurement.status + " ?" * bool(measurement.suspect)
    return Cell(text=text, notes=tuple(sorted(footnotes.add(note) for note in notes)))


def _best(rows: Sequence[Summary], value: Callable[[Summary], float | None], *, smallest: bool) -> set[int]:
    """The best ok row of each group that has at least two to choose from."""
    groups: dict[tuple[object, ...], list[tuple[float, int]]] = defaultdict(list)
    for s in rows:
        number = value(s)
        if s.is_ok and number is not None and math.isfinite(number):
            groups[s.group].append((number, id(s)))
    pick = min if smallest else max
    return {pick(group)[1] for group in groups.values() if len(group) > 1}


def _group_starts(rows: Sequence[Summary]) -> list[int]:
    return [n for n, s in enumerate(rows) if n == 0 or s.trial.operation != rows[n - 1].trial.operation]


def _efficiency(s: Summary) -> Cell:
    return Cell(text=f"{100 * s.efficiency.value:.0f}" if s.efficiency else units.NOT_AVAILABLE)


def _notes(rows: Sequence[Summary], *, has_best: bool, left_out: int) -> list[str]:
    notes = []
    if any(s.latency.n_processes for s in rows):
        notes.append(
            "latency: median of each process's calls, mean over processes; interval: 95 %, over blocks."
        )
    if any(s.is_ok and s.latency.n_processes < MIN_PROCESSES for s in rows):
        notes.append(f"one process, no interval: it takes {MIN_PROCESSES} processes (blocks) or more.")
    if has_best:
        notes.append("*: best median among right pictures of one operation, size and settings.")
    if any(s.measurement.status == FAILED and s.latency.n_samples for s in rows):
        notes.append(f"{WRONG}.")
    notes += drift_remarks(rows)
    references = sorted({s.measurement.agreement.reference for s in rows if s.measurement.agreement})
    if references:
        notes.append(
            f"agrees: largest difference of the timed output from the reference ({', '.join(references)}), "
            "grey levels of 255."
        )
    if any(s.measurement.quality for s in rows):
        notes.append("quality: result after the pre-steps, resized back, against the full-size result.")
    if any(s.measurement.input_note == "mirror-tiled" for s in rows):
        sizes = sorted({s.trial.megapixels for s in rows if s.measurement.input_note == "mirror-tiled"})
        notes.append(
            f"photos mirror-tiled to reach {', '.join(map(units.megapixels, sizes))} MP, never enlarged."
        )
    if any(s.measurement.status == SKIPPED for s in rows):
        notes.append("skipped rows are tried again by the next run.")
    if left_out:
        notes.append(
            f"{left_out} older of the same trials, measured before sources or versions changed, are left out."
        )
    environments = sorted({s.environment for s in rows})
    if len(environments) > 1:
        notes.append(
            f"{len(environments)} environments ({', '.join(environments)}): rows of different machines or versions "
            "are not compared with each other."
        )
    return notes


def _flatten(facts: Mapping[str, object], prefix: str = "") -> Iterable[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple):
            yield prefix + str(name), ", ".join(map(str, value))
        else:
            yield prefix + str(name), "" if value is None else str(value)
