"""Convert measurements to a pandas DataFrame, with a row for each measurement and units in the column names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.contracts.measurement import PIPELINE, STAGES
from toolkit.core.files import write_whole
from toolkit.results.rows.baseline import speedups
from toolkit.results.rows.order import by_name
from toolkit.results.rows.quality_metrics import METRICS, quality_of
from toolkit.results.rows.summarising import Measured, summarise
from toolkit.results.rows.summary import Summary

if TYPE_CHECKING:
    import pandas as pd


OBSERVED = ("device", "threads", "pinning", "spinning", "streams")
"""Settings that runtimes report and the DataFrame shows; a runtime reports only some of these settings."""


def frame(measured: Iterable[Measured]) -> pd.DataFrame:
    """Make a DataFrame with one row for each Measurement.

    Returns
    -------
    DataFrame
        ``latency_s`` is in seconds per call, ``throughput_ips`` in images per second, ``throughput_mps`` in megapixels
        per second, ``efficiency`` is 1.0 for perfect scaling; ``_low`` and ``_high`` are ends of 95 % intervals over
        blocks. ``photos_s`` is the time to read the photos, ``load_s`` the time to load the model (or build the
        kernel), ``first_s`` the time of the first call; ``compile_s`` is the first call minus a steady call, with an
        empty cache on disk.
        ``device`` and ``threads`` are the requested values; ``observed_device``, ``observed_threads`` and so on are
        the values that the runtime reported; ``threads_at_work`` is the average number of threads that were running.
        ``speedup`` is relative to the comparable row with the same threads where ``is_baseline`` is true.
        ``environment`` is the short hash of the machine: rows of different machines must not be pooled.
        Failed rows keep their raw time, so look at ``status`` before comparing times.
    """
    return frame_of(by_name(summarise(measured)))


def export_csv(measured: Iterable[Measured], path: str | Path) -> Path:
    """Write `frame` as CSV (UTF-8); an existing file is replaced."""
    return write_whole(path, frame(measured).to_csv(index=False))


def frame_of(rows: Iterable[Summary]) -> pd.DataFrame:
    """Make the DataFrame of `frame` from summaries, in the given order."""
    import pandas as pd

    rows = list(rows)
    faster = speedups(rows)
    columns = READERS | {
        "is_baseline": lambda s: s.key in faster and faster[s.key] is None,
        "speedup": lambda s: getattr(faster.get(s.key), "value", None),
        "speedup_low": lambda s: getattr(faster.get(s.key), "low", None),
        "speedup_high": lambda s: getattr(faster.get(s.key), "high", None),
    }
    return pd.DataFrame({name: [read(s) for s in rows] for name, read in columns.items()})


def _part(attribute: str, name: str) -> Callable[[Summary], Any]:
    """Make a function that reads the entry `name` of a row's mapping `attribute`."""
    return lambda s: getattr(s, attribute).get(name)


READERS: dict[str, Callable[[Summary], Any]] = {
    "key": lambda s: s.measurement.key,
    "environment": lambda s: s.environment,
    "trial": lambda s: str(s.trial),
    "operation": lambda s: s.trial.operation,
    "backend": lambda s: s.trial.backend,
    "settings": lambda s: s.settings,
    "precision": lambda s: s.precision,
    "device": lambda s: s.trial.placement.device,
    "is_untrained": lambda s: s.is_untrained,
    "threads": lambda s: s.trial.placement.threads,
    "executor": lambda s: s.trial.executor,
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
    **{f"{stage}_s": _part("stages_s", stage) for stage in STAGES},
    **{f"{stage}_s": _part("pipeline_s", stage) for stage in PIPELINE},
    "compile_s": lambda s: s.compile_s,
    "cold_first_s": lambda s: s.measurement.cold_first_s,
    "warm_first_s": lambda s: s.warm_first_s,
    **{f"observed_{name}": _part("observed", name) for name in OBSERVED},
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
    **{f"quality_{metric.key}": partial(quality_of, metric=metric) for metric in METRICS},
    "input_note": lambda s: s.measurement.input_note,
    "time": lambda s: s.measurement.provenance.get("time"),
    "commit": lambda s: s.measurement.provenance.get("commit"),
    "environment_id": lambda s: s.measurement.environment_id,
}
"""The columns of `frame`, each with a function that reads its value from a row; `frame_of` adds the speed-up."""
