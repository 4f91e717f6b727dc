"""Find the Pareto front of latency and quality: the measurements that no other measurement beats in both."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from toolkit.contracts.turns import sets_in_turns
from toolkit.core.errors import AtelierError
from toolkit.results.rows.quality_metrics import AGREEMENT, METRICS, Metric, metric_of, quality_of
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.selection import at_largest_size
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import RowKey, Summary


@dataclass(frozen=True, kw_only=True)
class ParetoPoint:
    """One measurement as a point of latency and quality.

    Attributes
    ----------
    summary : Summary
        The numbers of the measurement.
    quality : float
        Value of the metric in the metric's unit; infinite if the picture equals its reference.
    is_on_front : bool
        Whether no other row with a right picture is at least as good in latency and quality and better in one of them.
    """

    summary: Summary
    quality: float
    is_on_front: bool


def pareto_points(
    measured: Iterable[Measured], *, metric: str | None = None
) -> tuple[Metric, list[ParetoPoint]]:
    """Rows of one picture size that have a latency and a value of the metric, the fastest first.

    Parameters
    ----------
    measured : iterable of Measurement or Summary
        Measurements of the same pictures with the same factor of enlargement; only the largest picture size is used.
    metric : str, optional
        A key of `toolkit.results.rows.quality_metrics`; default: the first metric against ground truth that any row
        has, else the agreement with the reference, dB.

    Returns
    -------
    (Metric, list of ParetoPoint)
        The points are rows with one worker. A failed row is a point, but never on the Pareto front. If the machine was
        busy during all measurements, no point is on the front.
    """
    rows = [s for s in newest_rows(measured) if s.trial.is_alone]
    chosen = _first_metric(rows) if metric is None else metric_of(metric)
    found = [
        (s, quality)
        for s in sorted(at_largest_size(rows), key=lambda s: s.latency.value)
        if s.is_timed and (quality := quality_of(s, chosen)) is not None
    ]
    front = set() if busy_sentence(s for s, _ in found) else _front(found, chosen)
    points = [ParetoPoint(summary=s, quality=quality, is_on_front=s.key in front) for s, quality in found]
    return chosen, points


def are_apart(points: Iterable[ParetoPoint]) -> bool:
    """Whether some rows with right pictures were not measured in turns, so that their times cannot be compared."""
    return len(sets_in_turns(p.summary.measurement for p in points if p.summary.is_ok)) > 1


def needed_db(rows: Sequence[Summary]) -> dict[str, float]:
    """The agreement with the reference that each precision requires, dB; precisions without a limit are left out."""
    needed: dict[str, float] = {}
    for s in rows:
        try:
            least_db = s.trial.tolerance.psnr_db
        except AtelierError:  # the row was measured with a plug-in that is not loaded now
            continue
        if least_db:
            needed[s.precision] = least_db
    return needed


def _first_metric(rows: Sequence[Summary]) -> Metric:
    return next((m for m in METRICS if any(quality_of(s, m) is not None for s in rows)), AGREEMENT)


def _front(found: Sequence[tuple[Summary, float]], metric: Metric) -> set[RowKey]:
    """Keys of the rows whose quality is better than that of every faster row."""
    sign = 1.0 if metric.is_higher_better else -1.0
    front, best = set(), -math.inf
    for s, quality in sorted(found, key=lambda pair: (pair[0].picture.value, -sign * pair[1])):
        # Values that print alike count as equal: two runtimes differ in digits that no table shows.
        shown = sign * (quality if math.isinf(quality) else float(metric.number(quality)))
        if s.is_ok and shown > best:
            best = shown
            front.add(s.key)
    return front
