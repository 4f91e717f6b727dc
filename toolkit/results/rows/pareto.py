"""Speed against quality: which rows no other row beats in both."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from toolkit.analysis.stats import Estimate
from toolkit.contracts.measurement import Measurement
from toolkit.core.errors import AtelierError
from toolkit.results.rows.metric_names import AGREEMENT, METRICS, Metric, metric_of, quality_of
from toolkit.results.rows.summary import Summary, newest, summarise


@dataclass(frozen=True, kw_only=True)
class ParetoPoint:
    """One row in the plane of latency and quality.

    Attributes
    ----------
    summary : Summary
    latency : Estimate
        Seconds a picture.
    quality : float
        In the metric's unit; infinite where the picture equals its reference.
    is_on_front : bool
        Whether no right row is both at least as fast and at least as good, and better in one.
    """

    summary: Summary
    latency: Estimate
    quality: float
    is_on_front: bool


def pareto_points(
    measurements: Iterable[Measurement], *, metric: str | None = None
) -> tuple[Metric, list[ParetoPoint]]:
    """Rows of one size that have a time and the metric, the fastest first.

    Parameters
    ----------
    measurements : iterable of Measurement
        Answers to one question (the same pictures, the same scale); of several sizes the largest is taken.
    metric : str, optional
        A key of `metric_names`; default: the first metric against ground truth that any row has, else the
        agreement with the reference, dB.

    Returns
    -------
    (Metric, list of ParetoPoint)
        One worker only. A failed row is a point and never on the front.
    """
    rows = [s for s in summarise(newest(measurements)) if s.trial.workers == 1]
    chosen = _chosen(rows) if metric is None else metric_of(metric)
    largest = max(
        ((s.trial.width, s.trial.height) for s in rows), default=(0, 0), key=lambda size: size[0] * size[1]
    )
    found = [
        (s, quality)
        for s in sorted(rows, key=lambda s: s.latency.value)
        if (s.trial.width, s.trial.height) == largest
        and math.isfinite(s.latency.value)
        and (quality := quality_of(s.measurement, chosen)) is not None
    ]
    front = _front(found, chosen)
    return chosen, [
        ParetoPoint(
            summary=s,
            latency=s.latency.scaled(1 / s.trial.batch),
            quality=quality,
            is_on_front=id(s) in front,
        )
        for s, quality in found
    ]


def needed_db(rows: Sequence[Summary]) -> dict[str, float]:
    """For each precision the agreement that its rows must reach, where they are networks and are judged."""
    needed: dict[str, float] = {}
    for s in rows:
        try:
            least_db = s.trial.tolerance.psnr_db
        except AtelierError:  # a plug-in of that day, which is not loaded now
            continue
        if least_db:
            needed[s.precision] = least_db
    return needed


def _chosen(rows: Sequence[Summary]) -> Metric:
    return next(
        (m for m in METRICS if any(quality_of(s.measurement, m) is not None for s in rows)), AGREEMENT
    )


def _front(found: Sequence[tuple[Summary, float]], metric: Metric) -> set[int]:
    """Of rows in order of latency, those that are better than every faster one."""
    sign = 1.0 if metric.is_higher_better else -1.0
    front, best = set(), -math.inf
    for s, quality in sorted(
        found, key=lambda pair: (pair[0].latency.value / pair[0].trial.batch, -sign * pair[1])
    ):
        # What reads the same is as good: two runtimes differ in digits that no table shows.
        seen = sign * (quality if math.isinf(quality) else float(metric.number(quality)))
        if s.is_ok and seen > best:
            best = seen
            front.add(id(s))
    return front
