"""Fit a power law of latency over picture size to each series of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from toolkit.analysis.power_law import PowerLaw, fit_power_law
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.summary import Series, Summary


def fit_series(rows: Iterable[Summary]) -> dict[Series, tuple[list[Summary], PowerLaw | None]]:
    """For each series, its measurements with a right picture, and the power law fitted to these measurements.

    The power law is None with fewer than four picture sizes, or if the machine was busy during all measurements of
    the series.
    """
    series: dict[Series, list[Summary]] = defaultdict(list)
    for s in rows:
        points = series[s.series]
        if s.is_ok:
            points.append(s)
    return {name: (points, _law_of(points)) for name, points in series.items()}


def _law_of(points: list[Summary]) -> PowerLaw | None:
    if busy_sentence(points):
        return None
    return fit_power_law([s.trial.megapixels for s in points], [s.latency.value for s in points])
