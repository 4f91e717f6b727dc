"""The few numbers of a report that another program looks for: what goes into its sidecar."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from toolkit.analysis.scaling import ratio_of
from toolkit.analysis.stats import Estimate
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.outcome import Status
from toolkit.results.rows.summary import fit_series, newest, summarise


def ratio(candidate: Measurement, baseline: Measurement) -> Estimate:
    """Latency of one row over that of another, with the 95 % interval over blocks; below 1 is faster."""
    rows = {id(s.measurement): s for s in summarise([candidate, baseline])}
    return ratio_of(rows[id(candidate)].latency, rows[id(baseline)].latency)


def metrics(measurements: Iterable[Measurement]) -> dict[str, Any]:
    """Rows by status, and for each series of sizes that were right what it costs.

    Returns
    -------
    dict
        ``rows`` (ok, failed, skipped, suspect) and ``series``: for each ``operation@backend``, settings, threads and
        workers the megapixels, seconds a call, images/s, efficiency (1 is perfect) and peak bytes of every size, and
        the exponent of its growth with its 95 % band (null with fewer than four sizes).
    """
    rows = summarise(newest(measurements))
    counts = {str(status): sum(s.measurement.status == status for s in rows) for status in Status}
    counts["suspect"] = sum(bool(s.measurement.suspect) for s in rows)
    series = [
        {
            "name": key.name,
            "settings": key.settings,
            "threads": key.threads,
            "workers": key.workers,
            "megapixels": [s.trial.megapixels for s in points],
            "latency_s": [s.latency.value for s in points],
            "throughput_ips": [s.throughput.value for s in points],
            "efficiency": [s.efficiency.value if s.efficiency else None for s in points],
            "peak_bytes": [s.peak_bytes for s in points],
            "exponent": law and law.exponent,
            "exponent_band": law and [law.low, law.high],
        }
        for key, (points, law) in fit_series(rows).items()
        if points
    ]
    return {"rows": counts, "series": series}
