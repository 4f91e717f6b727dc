"""The notes below the main table: how its numbers were measured, and what its marks mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from toolkit.analysis.stats import MIN_PROCESSES, Estimate
from toolkit.contracts.outcome import Status
from toolkit.core import units
from toolkit.core.choices import Precision
from toolkit.core.params import pair_text
from toolkit.images.photos import DEFAULT_POOL
from toolkit.results.rows.quality_metrics import Metric
from toolkit.results.rows.remarks import drift_remarks
from toolkit.results.rows.summary import UNTRAINED, RowKey, Summary

_MOST_NAMES = 8
"""Most pictures that a note names."""
TRAPS = ("pinning", "spinning", "streams")
WRONG = "struck through: time to a wrong picture; left out of fits and rankings"


def notes_of(
    rows: Sequence[Summary],
    faster: Mapping[RowKey, Estimate | None],
    metrics: Sequence[Metric],
    *,
    left_out: int,
) -> list[str]:
    """The sentences that these rows need.

    Parameters
    ----------
    faster : mapping
        From `toolkit.results.rows.baseline.speedups`.
    metrics : sequence of Metric
        The table's columns of quality.
    left_out : int
        Older answers to the same trials.
    """
    notes = _of_time(rows)
    if faster:
        notes.append(
            "speed-up: times as fast as the row marked baseline, which makes the same picture with as many threads: "
            "plain fp32 on torch or OpenCV, else the slowest row."
        )
        notes += [
            "load: reading the model's file and opening its session, or building the kernel; once in each process.",
            "compile: first call minus steady call, with an empty cache on disk: what a runtime compiles, allocates or "
            "tunes for this size.",
        ]
    if any(s.measurement.memory and s.measurement.memory.gpu_is_whole_card for s in rows):
        notes.append(
            "GPU peak memory: growth of the memory in use on the whole card; the driver does not report single "
            "processes here."
        )
    notes += _of_settings(rows)
    notes += _of_pictures(rows, metrics)
    if any(s.measurement.status is Status.SKIPPED for s in rows):
        notes.append("skipped: the next run tries these rows again.")
    if left_out:
        older = "1 older row" if left_out == 1 else f"{left_out} older rows"
        notes.append(f"left out: {older} of the same trials, measured before sources or versions changed.")
    environments = sorted({s.environment for s in rows})
    if len(environments) > 1:
        notes.append(
            f"{len(environments)} environments ({', '.join(environments)}): rows of different machines or versions "
            "are not compared with each other."
        )
    return notes


def _of_time(rows: Sequence[Summary]) -> list[str]:
    notes = []
    if any(s.latency.n_processes for s in rows):
        notes.append(
            "latency: median of each process's calls, mean over processes; interval: 95 %, over blocks."
        )
    if any(s.is_ok and s.latency.n_processes < MIN_PROCESSES for s in rows):
        notes.append(
            f"one process, no interval: an interval needs {MIN_PROCESSES} processes (blocks) or more."
        )
    groups = [s.group for s in rows if s.is_ok]
    if len(set(groups)) < len(groups):
        notes.append("*: best median among right pictures of one operation, size and settings.")
    if any(s.is_failed and s.latency.n_samples for s in rows):
        notes.append(f"{WRONG}.")
    return notes + drift_remarks(rows)


def _of_settings(rows: Sequence[Summary]) -> list[str]:
    """Observed settings of runtimes that often surprise: pinning, spinning, streams."""
    found: dict[str, dict[str, None]] = {}
    for s in rows:
        told = [pair_text(name, s.observed[name]) for name in TRAPS if name in s.observed]
        if told:
            found.setdefault(s.trial.backend, {})[" ".join(told)] = None
    said = "; ".join(f"{backend} {' or '.join(texts)}" for backend, texts in sorted(found.items()))
    return [f"observed settings: {said}."] if said else []


def _of_pictures(rows: Sequence[Summary], metrics: Sequence[Metric]) -> list[str]:
    notes = []
    references = sorted({s.measurement.agreement.reference for s in rows if s.measurement.agreement})
    if references:
        notes.append(
            f"agrees: largest difference of the timed output from the reference ({', '.join(references)}), "
            "grey levels of 255."
        )
    if any(s.measurement.is_untrained for s in rows):
        notes.append(
            f"{UNTRAINED}: random weights; the time equals that of the published weights, the picture is noise and has "
            "no quality."
        )
    if any(s.measurement.is_untrained and s.precision == Precision.INT8 for s in rows):
        notes.append(
            "int8 of untrained weights is not judged: random weights have no ranges to calibrate on."
        )
    if any(s.measurement.quality for s in rows if s.trial.steps):
        notes.append(
            "quality: the result after the pre-steps, resized back, compared with the full-size result."
        )
    true = [metric for metric in metrics if metric.key not in ("psnr_db", "ssim")]
    if true:
        smaller = "" if any(metric.is_higher_better for metric in true) else "; smaller is better"
        notes.append(
            f"{', '.join(metric.header for metric in true)}: compared with the ground truth{smaller}."
        )
    if any(metric.key == "psnr_y_db" for metric in true):
        notes.append(
            "inputs are photos shrunk with MATLAB's antialiased bicubic, not with cv2.resize; luma is not rounded to "
            "levels, and the border of as many pixels as the scale is cut."
        )
    if any(metric.key == "sad" for metric in true):
        notes.append(
            "MAD and MSE: means over the pixels, 0 to 1; SAD, Grad and Conn: sums in thousands; Grad without "
            "the stretching to 0..1 that published scripts do first."
        )
    own = {s.trial.images for s in rows if s.trial.images != DEFAULT_POOL}
    if len(own) == 1:
        names = [PurePath(name).name for name in next(iter(own))]
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        notes.append(f"pictures: {', '.join(names[:_MOST_NAMES])}{more}.")
    if any("mirror-tiled" in s.measurement.input_note for s in rows):
        sizes = sorted({s.trial.megapixels for s in rows if "mirror-tiled" in s.measurement.input_note})
        notes.append(
            f"photos mirror-tiled to reach {', '.join(map(units.megapixels, sizes))} MP, never enlarged."
        )
    return notes
