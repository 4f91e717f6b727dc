"""Plan the number of machines for each picture size, from measured throughput of workers and threads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.capacity import CapacityPlan, Latency, Need, Setting, best_plan
from toolkit.analysis.stats import Estimate
from toolkit.results.rows.rates import RatePoint, RateTable

MIN_COUNTS_TO_INTERPOLATE = 3
"""Fewest measured worker counts from which a scaling law may predict the counts between them."""


@dataclass(frozen=True)
class Answer:
    """The best plan for the number of machines from one table of throughput.

    Attributes
    ----------
    table : RateTable
        Table of throughputs from which the number of machines was planned.
    plan : CapacityPlan
        The best setting of a machine, and the number of machines that the required throughput needs.
    is_best : bool
        Whether no other table of the same picture size needs fewer machines.
    """

    table: RateTable
    plan: CapacityPlan
    is_best: bool = False


@dataclass(frozen=True)
class Capacity:
    """The plans of machines for one required throughput, sorted by picture size, the best plan of each size first.

    Attributes
    ----------
    operation : str
        Name of the operation.
    need : Need
        Required throughput, limit of latency and price of a machine.
    answers : list of Answer
        The best plan from each table of throughputs.
    is_of_here : bool
        Whether the rates were measured on this machine.
    """

    operation: str
    need: Need
    answers: list[Answer]
    is_of_here: bool

    @property
    def latency(self) -> Latency:
        """The best case of all plans: latency limit kept, not sure whether the limit is kept, or limit broken."""
        return min((answer.plan.latency for answer in self.answers), key=list(Latency).index)


def answers_to(tables: Iterable[RateTable], need: Need) -> list[Answer]:
    """The best plan of machines from each table of throughput, sorted by picture size, then the best plan first."""
    plans = [(rates, plan) for rates in tables if (plan := best_plan(settings_of(rates), need))]
    return _in_order(plans)


def settings_of(rates: RateTable) -> list[Setting]:
    """Measured settings that do not oversubscribe the cores, and settings between them that a scaling law predicts."""
    found = []
    for threads in rates.threads:
        points = [point for point in rates.of_threads(threads) if rates.has_cores_for(point)]
        found += [_measured(point) for point in points]
        law = rates.law(threads)
        if law is None or not law.has_band or len(points) < MIN_COUNTS_TO_INTERPOLATE:
            continue
        counts = [point.workers for point in points]
        between = sorted(set(range(min(counts), max(counts))) - set(counts))
        bands = zip(between, *law.predict(between), strict=True)
        found += [_between(points, workers, rate, (low, high)) for workers, rate, low, high in bands]
    return found


def _measured(point: RatePoint) -> Setting:
    return Setting(
        workers=point.workers,
        threads=point.threads,
        rate=point.rate,
        latency_p95=point.latency_p95,
        peak_bytes=point.peak_bytes,
    )


def _between(points: Sequence[RatePoint], workers: int, rate: float, band: tuple[float, float]) -> Setting:
    """The setting for a worker count between two measured counts, with the latency of the next larger count."""
    larger = next(point for point in points if point.workers > workers)
    memory = {float(point.workers): float(point.peak_bytes) for point in points if point.peak_bytes}
    return Setting(
        workers=workers,
        threads=larger.threads,
        rate=Estimate(float(rate), float(band[0]), float(band[1]), len(points), len(points)),
        latency_p95=larger.latency_p95,
        peak_bytes=float(np.interp(workers, list(memory), list(memory.values()))) if memory else None,
        is_measured=False,
    )


def _in_order(plans: Sequence[tuple[RateTable, CapacityPlan]]) -> list[Answer]:
    def rank(one: tuple[RateTable, CapacityPlan]) -> tuple[float, ...]:
        rates, plan = one
        size = math.inf if rates.megapixels is None else rates.megapixels
        return (size, list(Latency).index(plan.latency), plan.most_machines, -plan.setting.rate.value)

    answers: list[Answer] = []
    for rates, plan in sorted(plans, key=rank):
        is_first = all(answer.table.megapixels != rates.megapixels for answer in answers)
        answers.append(Answer(rates, plan, is_best=is_first and plan.latency is not Latency.BROKEN))
    return answers
