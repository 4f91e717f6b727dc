"""Numbers of a measurement with several workers: latency while all workers are busy, threads at work, processors."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from toolkit.analysis.percentiles import Percentile, percentile
from toolkit.analysis.ratios import ratio_of
from toolkit.analysis.steady import steady_part
from toolkit.contracts.turns import took_turns
from toolkit.core import units
from toolkit.results.rows.summary import Summary

CROWDED = ("oversubscribed", "over quota")
"""Codes of the findings which say that the threads of all workers together exceed the processors."""


def calls_s(row: Summary) -> list[float]:
    """Seconds of every call of all workers after the warm-up."""
    _, runs = steady_part(row.measurement.samples_s)
    return [float(seconds) for run in runs for seconds in run]


def latency_under_load(row: Summary, quantile: float) -> Percentile:
    """A percentile of the latency while all workers of the row are busy, s."""
    return percentile(calls_s(row), quantile)


def is_oversubscribed(row: Summary) -> bool:
    """Whether the threads of all workers of a measurement together exceed the processors."""
    return any(finding.code in CROWDED for finding in row.measurement.findings)


def threads_at_work(row: Summary) -> float | None:
    """Average number of threads, over blocks, that ran or waited for a processor in all processes; None if unknown."""
    counts = [
        sum(ledger["active"] for ledger in ledgers)
        for block in row.measurement.blocks
        if (ledgers := [run.observed["ledger"] for run in block.workers if run.observed.get("ledger")])
    ]
    return statistics.mean(counts) if counts else None


def setting_of(row: Summary) -> str:
    """Executor, workers and threads in words: ``threads, 2 workers of 1 thread``."""
    trial = row.trial
    batch = f" and {units.counted(trial.batch, 'picture')} per call" if trial.batch > 1 else ""
    workers, threads = units.workers_text(trial.workers), units.threads_text(trial.placement.threads)
    return f"{trial.executor}, {workers} of {threads}{batch}"


def most_pictures_first(rows: Iterable[Summary]) -> list[Summary]:
    """Sort rows by operation and size, then by pictures per second, with rows of wrong pictures last."""

    def place(s: Summary) -> tuple[object, ...]:
        rate_ips = s.throughput.value if math.isfinite(s.throughput.value) else 0.0
        return s.trial.operation, s.trial.width * s.trial.height, not s.is_ok, -rate_ips

    return sorted(rows, key=place)


def question_of(row: Summary) -> tuple[object, ...]:
    """A value that is equal for rows that make the same pictures on the same machine, with any backend and settings."""
    trial = row.trial
    what = (row.environment, trial.operation, trial.picture_params, trial.steps)
    return (*what, trial.images, trial.width, trial.height)


def best_of(rows: Sequence[Summary]) -> Summary | None:
    """The row with the most pictures per second among rows with right pictures; None if no picture is right."""
    right = [s for s in rows if s.is_ok and s.throughput.value > 0]
    return max(right, key=lambda s: s.throughput.value, default=None)


def plain_of(rows: Sequence[Summary]) -> Summary | None:
    """The row with the fewest workers and threads among rows with right pictures, preferably of the usual executor."""
    right = [s for s in rows if s.is_ok and s.throughput.value > 0]

    def load(s: Summary) -> tuple[int, int, bool]:
        return s.trial.workers * s.trial.placement.threads, s.trial.workers, not s.trial.is_alone

    return min(right, key=load, default=None)


def level_with(best: Summary, rows: Iterable[Summary]) -> list[Summary]:
    """The rows whose pictures per second do not differ from those of `best` with 95 % confidence, the fastest first."""
    others = (s for s in rows if s is not best and s.is_ok and s.throughput.value > 0)
    level = [s for s in others if (ratio_of(best.throughput, s.throughput).low or 0.0) <= 1]
    return sorted(level, key=lambda s: -s.throughput.value)


def are_in_turns(rows: Sequence[Summary]) -> bool:
    """Whether all rows were measured in turns, so that their pictures per second may be compared."""
    return all(took_turns(rows[0].measurement, s.measurement) for s in rows[1:])
