"""Collect the numbers of a report for other programs; the JSON file of the report holds these numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from toolkit.contracts.outcome import Status
from toolkit.results.rows.growth import fit_series
from toolkit.results.rows.summarising import Measured, newest_rows


def metrics(measured: Iterable[Measured]) -> dict[str, Any]:
    """Count the rows by status, and collect the numbers of each series of picture sizes.

    Returns
    -------
    dict
        ``rows`` (ok, failed, skipped, suspect) and ``series``: for each ``operation@backend``, settings, threads and
        workers, the megapixels, seconds per call, images/s, efficiency (1 is perfect) and peak bytes of every size, and
        the exponent of latency over megapixels with its 95 % interval (null with fewer than four sizes or on a busy
        machine).
    """
    rows = newest_rows(measured)
    counts = Counter(s.measurement.status for s in rows)
    series = [
        {
            "name": key.name,
            "settings": key.settings,
            "threads": key.threads,
            "workers": key.workers,
            "megapixels": [s.trial.megapixels for s in points],
            "latency_s": [s.latency.value for s in points],
            "throughput_ips": [s.throughput.value for s in points],
            "efficiency": [s.efficiency and s.efficiency.value for s in points],
            "peak_bytes": [s.peak_bytes for s in points],
            "exponent": law and law.exponent,
            "exponent_band": law and [law.low, law.high],
        }
        for key, (points, law) in fit_series(rows).items()
        if points
    ]
    by_status = {str(status): counts[status] for status in Status}
    suspect = sum(bool(s.measurement.suspect) for s in rows)
    return {"rows": {**by_status, "suspect": suspect}, "series": series}
