"""Write the notes below the main table: how the numbers were measured, and what the marks mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from toolkit.analysis.stats import MIN_PROCESSES, Estimate
from toolkit.contracts.outcome import Status
from toolkit.contracts.turns import command_to_bench, command_to_compare
from toolkit.core import units
from toolkit.core.choices import Precision
from toolkit.core.params import pair_text
from toolkit.images.photos import DEFAULT_POOL
from toolkit.results.rows.quality_metrics import Metric
from toolkit.results.rows.remarks import drift_remarks
from toolkit.results.rows.summary import UNTRAINED, RowKey, Summary

_MOST_NAMES = 8
"""Largest number of pictures that a note names."""
TRAPS = ("pinning", "spinning", "streams")
WRONG = "struck through: time to a wrong picture, which fits and rankings leave out"


def notes_of(
    rows: Sequence[Summary],
    faster: Mapping[RowKey, Estimate | None],
    apart: Mapping[RowKey, Summary],
    metrics: Sequence[Metric],
    *,
    left_out: int,
    is_ranked: bool = True,
) -> list[str]:
    """The notes below a table that apply to the rows of the table.

    Parameters
    ----------
    faster : mapping
        Result of `toolkit.results.rows.baseline.speedups`.
    apart : mapping
        Result of `toolkit.results.rows.baseline.measured_apart`.
    metrics : sequence of Metric
        Quality metrics, each of which has a column in the table.
    left_out : int
        Number of older measurements of the same trials, which the table leaves out.
    is_ranked : bool
        Whether the table marks the best numbers.
    """
    environments = sorted({s.environment for s in rows})
    older = "1 older row" if left_out == 1 else f"{left_out} older rows"
    dates = {s.measurement.began[:10] for s in rows}
    rest = {
        f"measured on {''.join(dates)}, UTC.": len(dates) == 1,
        "skipped: the next run tries again to measure these rows.": any(
            s.measurement.status is Status.SKIPPED for s in rows
        ),
        f"left out: {older} of the same trials that were measured before sources or versions changed.": left_out
        > 0,
        f"{len(environments)} environments ({', '.join(environments)}): rows of different machines or versions are "
        "not compared with each other.": len(environments) > 1,
    }
    pictures = [*_of_agreement(rows), *_of_quality(rows, metrics), *_of_photos(rows)]
    return [
        *_of_time(rows, is_ranked=is_ranked),
        *_of_comparing(rows, has_baseline=bool(faster)),
        *_of_apart(rows, apart),
        *_of_settings(rows),
        *pictures,
        *_needed(rest),
    ]


def _needed(notes: Mapping[str, bool]) -> list[str]:
    """The notes that apply: the keys of a mapping whose values (conditions) are true."""
    return [note for note, is_needed in notes.items() if is_needed]


def _of_time(rows: Sequence[Summary], *, is_ranked: bool) -> list[str]:
    right = [s for s in rows if s.is_ok]
    notes = {
        "latency: geometric mean over processes of each process's median call; interval: 95 %, over blocks.": any(
            s.latency.n_processes for s in rows
        ),
        f"one process: a confidence interval needs {MIN_PROCESSES} processes (blocks) or more.": any(
            s.latency.n_processes < MIN_PROCESSES for s in right
        ),
        "*: best number among rows of one operation and size, measured in turns and with right pictures.": is_ranked
        and len({s.group for s in right}) < len(right),
        f"{WRONG}.": any(s.is_failed and s.latency.n_samples for s in rows),
    }
    return _needed(notes) + drift_remarks(rows)


def _of_comparing(rows: Sequence[Summary], *, has_baseline: bool) -> list[str]:
    memories = [s.measurement.memory for s in rows if s.measurement.memory]
    notes = {
        "speed-up: time of the row marked baseline divided by the time of this row, for the same picture with as many "
        "threads. The baseline is fp32 on torch or OpenCV, else the slowest row.": has_baseline,
        "load: time to read the model's file and open its session, or to build the kernel, once in each "
        "process.": has_baseline,
        "compile: first call minus steady call, with an empty cache on disk: the time in which a runtime compiles, "
        "allocates or tunes for this size.": has_baseline,
        "GPU peak memory: growth of the used memory of the whole card, because the driver does not report the memory "
        "of single processes.": any(memory.gpu_is_whole_card for memory in memories),
    }
    return _needed(notes)


def _of_apart(rows: Sequence[Summary], apart: Mapping[RowKey, Summary]) -> list[str]:
    """A note on rows that were not measured in turns with their baseline, with a command that measures them again.

    The command measures the whole group of comparable rows, because all these rows must be measured in turns.
    """
    example = next((s for s in rows if s.key in apart), None)
    if example is None:
        return []
    base = apart[example.key]
    group = [s.trial for s in rows if s.group == base.group and s.is_ok]
    command = command_to_bench(group) if len(group) > 2 else ""
    how = f"To measure all {len(group)} rows of {base.trial.operation} again in turns: {command}"
    if not command:
        how = f"To compare these two rows: {command_to_compare(base.trial, example.trial)}"
        if len(apart) > 1:
            how += f"; to measure all {len(apart)} rows in turns, repeat the command that measured them with --fresh"
    return [
        f"apart: the row and its baseline were not measured in turns, so the table gives no speed-up. {how}"
    ]


def _of_settings(rows: Sequence[Summary]) -> list[str]:
    """A note on the pinning, spinning and streams that each runtime reported."""
    found: dict[str, dict[str, None]] = {}
    for s in rows:
        reported = [pair_text(name, s.observed[name]) for name in TRAPS if name in s.observed]
        if reported:
            found.setdefault(s.trial.backend, {})[" ".join(reported)] = None
    said = "; ".join(f"{backend} {' or '.join(texts)}" for backend, texts in sorted(found.items()))
    return [f"observed settings: {said}."] if said else []


def _of_agreement(rows: Sequence[Summary]) -> list[str]:
    references = sorted({s.measurement.agreement.reference for s in rows if s.measurement.agreement})
    untrained = {s.precision for s in rows if s.is_untrained}
    crops = max((s.measurement.agreement.crops for s in rows if s.measurement.agreement), default=0)
    return _needed(
        {
            f"agrees: largest difference of the timed output from the reference ({', '.join(references)}), grey levels "
            "of 255.": bool(references),
            f"agreement of the largest pictures: {crops} crops of the full-size output, up to its last rows and "
            "columns, are compared with the reference of each crop.": bool(crops),
            f"{UNTRAINED}: random weights; the time equals that of the published weights, the picture is noise and has "
            "no quality.": bool(untrained),
            "int8 with untrained weights is not compared with the reference, because int8 cannot be calibrated with "
            "random weights.": Precision.INT8 in untrained,
        }
    )


def _of_quality(rows: Sequence[Summary], metrics: Sequence[Metric]) -> list[str]:
    true = {metric.key: metric for metric in metrics if metric.key not in ("psnr_db", "ssim")}
    headers = ", ".join(metric.header for metric in true.values())
    smaller = "" if any(metric.is_higher_better for metric in true.values()) else "; smaller is better"
    return _needed(
        {
            "quality compares the result from a shrunken picture, enlarged, with the full-size result.": any(
                s.measurement.quality for s in rows if s.trial.steps
            ),
            f"{headers}: the result is compared with the ground truth{smaller}.": bool(true),
            "inputs are photos shrunk with MATLAB's antialiased bicubic, not with cv2.resize; luma is not rounded to "
            "levels, and a border as wide as the scale in pixels is ignored.": "psnr_y_db" in true,
            "MAD and MSE: means over the pixels, 0 to 1; SAD, Grad and Conn: sums in thousands. Grad does not stretch "
            "alpha to 0..1 first, as published scripts do.": "sad" in true,
        }
    )


def _of_photos(rows: Sequence[Summary]) -> list[str]:
    own = {s.trial.images for s in rows if s.trial.images != DEFAULT_POOL}
    names = [PurePath(name).name for name in next(iter(own))] if len(own) == 1 else []
    more = f" and {len(names) - _MOST_NAMES} more pictures" if len(names) > _MOST_NAMES else ""
    tiled = sorted({s.trial.megapixels for s in rows if "mirror-tiled" in s.measurement.input_note})
    sizes = ", ".join(map(units.megapixels, tiled))
    return _needed(
        {
            f"pictures: {', '.join(names[:_MOST_NAMES])}{more}.": bool(names),
            f"photos are repeated with mirrored copies to reach {sizes} MP; photos are never enlarged.": bool(
                tiled
            ),
        }
    )
