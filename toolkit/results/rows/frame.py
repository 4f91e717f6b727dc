"""Measurements as a pandas frame: one row each, raw numbers, the unit in the column's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.contracts.measurement import PIPELINE, STAGES, Measurement
from toolkit.core.files import write_whole
from toolkit.results.rows.baseline import speedups
from toolkit.results.rows.metric_names import METRICS, Metric, quality_of
from toolkit.results.rows.summary import Summary, summarise

if TYPE_CHECKING:
    import pandas as pd


OBSERVED = ("device", "threads", "pinning", "spinning", "streams")
"""What runtimes say of themselves and tables for programs tell; not each runtime has each."""


def frame(measurements: Iterable[Measurement]) -> pd.DataFrame:
    """One row for each Measurement.

    Returns
    -------
    DataFrame
        ``latency_s`` is seconds a call, ``throughput_ips`` images a second, ``throughput_mps`` megapixels a second,
        ``efficiency`` 1.0 for perfect scaling; ``_low`` and ``_high`` are ends of 95 % intervals over blocks.
        ``photos_s`` is reading the photos, ``load_s`` loading the model (or building the kernel), ``first_s`` the
        first call; ``compile_s`` is what that takes longer than a steady one, with an empty cache on disk.
        ``device`` and ``threads`` are what was asked for; ``observed_device`` and so on what the runtime said it used,
        ``threads_at_work`` how many the kernel saw working on average.
        ``speedup`` is against the row of the same question and threads that ``is_baseline``.
        ``environment`` is the short hash of the machine: rows of different machines must not be pooled.
        Failed rows keep their raw time, so look at ``status`` before comparing.
    """
    return frame_of(summarise(measurements))


def export_csv(measurements: Iterable[Measurement], path: str | Path) -> Path:
    """Write `frame` as CSV (UTF-8); an existing file is replaced whole."""
    return write_whole(path, frame(measurements).to_csv(index=False))


def frame_of(summaries: Iterable[Summary]) -> pd.DataFrame:
    """The same from summaries, in their order."""
    import pandas as pd

    summaries = list(summaries)
    rows = [{name: read(summary) for name, read in _COLUMNS.items()} for summary in summaries]
    found = pd.DataFrame(rows, columns=list(_COLUMNS))
    faster = speedups(summaries)
    found["is_baseline"] = [id(s) in faster and faster[id(s)] is None for s in summaries]
    for name, end in (("speedup", "value"), ("speedup_low", "low"), ("speedup_high", "high")):
        found[name] = [getattr(faster.get(id(s)), end, None) for s in summaries]
    return found


def _quality(metric: Metric) -> Callable[[Summary], Any]:
    return lambda s: quality_of(s.measurement, metric)


def _pipeline(name: str) -> Callable[[Summary], Any]:
    return lambda s: s.pipeline_s.get(name)


def _stage(name: str) -> Callable[[Summary], Any]:
    return lambda s: s.stages_s.get(name)


def _observed(name: str) -> Callable[[Summary], Any]:
    return lambda s: s.observed.get(name)


_COLUMNS: dict[str, Callable[[Summary], Any]] = {
    "key": lambda s: s.measurement.key,
    "environment": lambda s: s.environment,
    "trial": lambda s: str(s.trial),
    "operation": lambda s: s.trial.operation,
    "backend": lambda s: s.trial.backend,
    "settings": lambda s: s.settings,
    "precision": lambda s: s.precision,
    "device": lambda s: s.trial.placement.device,
    "is_untrained": lambda s: s.measurement.is_untrained,
    "threads": lambda s: s.trial.placement.threads,
    "workers": lambda s: s.trial.workers,
    "batch": lambda s: s.trial.batch,
    "width_px": lambda s: s.trial.width,
    "height_px": lambda s: s.trial.height,
    "size_mp": lambda s: s.trial.megapixels,
    "status": lambda s: s.measurement.status,
    "cause": lambda s: s.measurement.cause,
    "note": lambda s: s.measurement.note,
    "suspect": lambda s: "; ".join(s.measurement.suspect),
    "findings": lambda s: "; ".join(finding.sentence for finding in s.measurement.findings),
    "warm_up_calls": lambda s: s.steady.start,
    "is_steady": lambda s: s.steady.is_steady,
    "blocks": lambda s: s.latency.n_processes,
    "calls": lambda s: s.latency.n_samples,
    "latency_s": lambda s: s.latency.value,
    "latency_low_s": lambda s: s.latency.low,
    "latency_high_s": lambda s: s.latency.high,
    "throughput_ips": lambda s: s.throughput.value,
    "throughput_low_ips": lambda s: s.throughput.low,
    "throughput_high_ips": lambda s: s.throughput.high,
    "throughput_mps": lambda s: s.megapixels_per_s,
    "efficiency": lambda s: s.efficiency and s.efficiency.value,
    "efficiency_low": lambda s: s.efficiency and s.efficiency.low,
    "efficiency_high": lambda s: s.efficiency and s.efficiency.high,
    **{f"{stage}_s": _stage(stage) for stage in STAGES},
    **{f"{stage}_s": _pipeline(stage) for stage in PIPELINE},
    "compile_s": lambda s: s.compile_s,
    "cold_first_s": lambda s: s.measurement.cold_first_s,
    "warm_first_s": lambda s: s.warm_first_s,
    **{f"observed_{name}": _observed(name) for name in OBSERVED},
    "threads_at_work": lambda s: s.observed.get("ledger", {}).get("active"),
    "busy_cores": lambda s: s.busy_cores,
    "memory_peak_bytes": lambda s: s.peak_bytes,
    "memory_idle_bytes": lambda s: s.measurement.memory and s.measurement.memory.idle_bytes,
    "gpu_memory_peak_bytes": lambda s: s.measurement.memory and s.measurement.memory.gpu_peak_bytes,
    "gpu_busy_percent": lambda s: s.measurement.memory and s.measurement.memory.gpu_busy_percent,
    "agrees": lambda s: s.measurement.agreement and s.measurement.agreement.agrees,
    "agreement_max_levels": lambda s: s.measurement.agreement and s.measurement.agreement.max_abs,
    "agreement_mean_levels": lambda s: s.measurement.agreement and s.measurement.agreement.mean_abs,
    "agreement_psnr_db": lambda s: s.measurement.agreement and s.measurement.agreement.psnr_db,
    "agreement_ssim": lambda s: s.measurement.agreement and s.measurement.agreement.ssim,
    "reference": lambda s: s.measurement.agreement and s.measurement.agreement.reference,
    **{f"quality_{metric.key}": _quality(metric) for metric in METRICS},
    "input_note": lambda s: s.measurement.input_note,
    "time": lambda s: s.measurement.provenance.get("time"),
    "commit": lambda s: s.measurement.provenance.get("commit"),
    "environment_id": lambda s: s.measurement.environment_id,
}
