"""The calls of one row after its warm-up."""

from __future__ import annotations

from toolkit.analysis.steady import steady_part
from toolkit.results.rows.summary import Summary


def steady_calls_s(row: Summary) -> list[float]:
    """Seconds of every call after the warm-up, of all workers of all blocks."""
    _, runs = steady_part(row.measurement.samples_s)
    return [float(seconds) for run in runs for seconds in run]
