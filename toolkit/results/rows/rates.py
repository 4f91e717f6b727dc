"""Collect measured rows that differ only in workers and threads in one table of throughput, for a scaling law."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.analysis.percentiles import Percentile
from toolkit.analysis.scaling_laws import ScalingLaw, fit_scaling_law
from toolkit.analysis.stats import Estimate
from toolkit.analysis.throughput_law import fit_throughput_law
from toolkit.contracts.trial_keys import USUAL_EXECUTOR
from toolkit.core import units
from toolkit.results.rows.load import are_in_turns, latency_under_load
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary

QUANTILE = 0.95
"""The quantile of latency that each `RatePoint` stores."""


@dataclass(frozen=True, kw_only=True)
class RatePoint:
    """Measured throughput for one number of workers and one number of threads.

    Attributes
    ----------
    workers, threads : int
        Number of processes at the same time, and number of threads of each process.
    rate : Estimate
        Images/s of all workers together.
    latency_p95 : Percentile or None
        95th percentile of the latency of a call while all workers are busy, s.
    peak_bytes : int or None
        Peak memory of all processes.
    is_suspect : bool
        Whether the machine was busy while this throughput was measured.
    """

    workers: int
    threads: int
    rate: Estimate
    latency_p95: Percentile | None = None
    peak_bytes: int | None = None
    is_suspect: bool = False


@dataclass(frozen=True, kw_only=True)
class RateTable:
    """Measured throughput of one operation on one machine, in points that differ only in workers and threads.

    Attributes
    ----------
    name, settings : str
        ``operation@backend`` (or ``operation``), and the other settings without the executor; settings are often empty.
    executor : str
        Name of the executor, which runs the workers; ``""`` if the executor is not known.
    megapixels : float or None
        Size of the input pictures; None if the size is not known.
    machine : str
        Description of the machine in words.
    environment : str
        Short hash of the machine; ``""`` if the machine is not known.
    cores : int or None
        Number of physical cores that the processes may use; None if the number is not known.
    points : tuple of RatePoint
        Measured throughputs (points) in order of threads and workers.
    is_in_turns : bool
        Whether the points were measured in turns; otherwise the machine may have changed between measurements.
    """

    name: str
    settings: str
    executor: str
    megapixels: float | None
    machine: str
    environment: str
    cores: int | None
    points: tuple[RatePoint, ...]
    is_in_turns: bool = True

    @property
    def label(self) -> str:
        """The name, the settings, and the executor if it is not the usual executor (processes)."""
        executor = "" if self.executor in ("", USUAL_EXECUTOR) else self.executor
        return " ".join(filter(None, (self.name, self.settings, executor)))

    @property
    def job(self) -> tuple[object, ...]:
        """A value that is equal for tables that differ only in the executor."""
        return self.name, self.settings, self.megapixels, self.environment, self.cores

    @property
    def threads(self) -> list[int]:
        """The different numbers of threads of a worker that were measured."""
        return sorted({point.threads for point in self.points})

    def of_threads(self, threads: int) -> list[RatePoint]:
        """The points whose workers have `threads` threads each, in order of workers."""
        return [point for point in self.points if point.threads == threads]

    def most_workers(self, threads: int) -> int | None:
        """Largest number of workers for which each thread has a physical core, at least 1."""
        return None if self.cores is None else max(1, self.cores // threads)

    def has_cores_for(self, point: RatePoint) -> bool:
        """Whether each thread of a measured setting has a physical core; True if the number of cores is not known."""
        return self.cores is None or point.workers * point.threads <= self.cores

    def law(self, threads: int) -> ScalingLaw | None:
        """The law of throughput over workers with `threads` threads each; None with fewer than two points."""
        points = self.of_threads(threads)
        return fit_scaling_law(
            [point.workers for point in points],
            [point.rate for point in points],
            most_workers=self.most_workers(threads),
        )

    def predicted_ips(self) -> dict[tuple[int, int], float]:
        """Predicted throughput of combinations of workers and threads that fit the cores but were not measured.

        The result maps (workers, threads) to images/s; it is empty without known cores or with too few points.
        """
        measured = {(p.workers, p.threads): p.rate.value for p in self.points if self.has_cores_for(p)}
        all_counts = {(p.workers, other.threads) for p in self.points for other in self.points}
        cores = self.cores or 0
        missing = sorted(pair for pair in all_counts - measured.keys() if pair[0] * pair[1] <= cores)
        law = fit_throughput_law([(1.0, *pair) for pair in measured], list(measured.values()))
        if law is None or not missing:
            return {}
        return dict(zip(missing, law.predict([(1.0, *pair) for pair in missing])[0].tolist(), strict=True))


def rate_tables(measured: Iterable[Measured]) -> list[RateTable]:
    """Group the newest rows with right pictures into tables, in the order of the tables' first rows.

    Rows with a wrong picture and rows without a time are left out.
    """
    groups: dict[tuple[object, ...], list[Summary]] = defaultdict(list)
    for s in newest_rows(measured):
        if s.is_ok and s.throughput.value > 0:
            groups[(s.group, s.name, s.settings, s.trial.executor)].append(s)
    return [_table(rows) for rows in groups.values()]


def physical_cores(machine: Mapping[str, Any]) -> int | None:
    """Number of physical cores that a process may use at once, from a machine's fingerprint; None if it is unknown.

    >>> physical_cores({"cpu": {"physical_allowed": 8, "allowed": 16, "quota": 4.5}}), physical_cores({})
    (4, None)
    """
    cpu = machine.get("cpu", {})
    cores = cpu.get("physical_allowed") or cpu.get("allowed")
    quota = cpu.get("quota")
    if cores is None:
        return None
    return max(1, int(cores if quota is None else min(cores, quota)))


def machine_words(machine: Mapping[str, Any]) -> str:
    """Processor, cores and memory of a machine in words, from its fingerprint.

    >>> machine_words({"cpu": {"model": "A", "physical_allowed": 2}, "memory": {"total_bytes": 8.2e9}})
    'A, 2 physical cores, 8.2 GB of memory'
    """
    parts = [str(machine.get("cpu", {}).get("model") or "unknown processor")]
    if cores := physical_cores(machine):
        parts.append(units.counted(cores, "physical core"))
    memory = machine.get("memory", {})
    sizes = [size for name in ("total_bytes", "limit_bytes") if (size := memory.get(name))]
    if sizes:
        parts.append(f"{units.byte_count(min(sizes))} of memory")
    return ", ".join(parts)


def _table(rows: list[Summary]) -> RateTable:
    first = rows[0]
    machine = first.measurement.fingerprint
    points = [_point(s) for s in rows]
    return RateTable(
        name=first.name,
        settings=first.settings_of_job,
        executor=first.trial.executor,
        megapixels=first.trial.megapixels,
        machine=machine_words(machine),
        environment=first.environment,
        cores=physical_cores(machine),
        points=tuple(sorted(points, key=lambda point: (point.threads, point.workers))),
        is_in_turns=are_in_turns(rows),
    )


def _point(s: Summary) -> RatePoint:
    return RatePoint(
        workers=s.trial.workers,
        threads=s.trial.placement.threads,
        rate=s.throughput,
        latency_p95=latency_under_load(s, QUANTILE),
        peak_bytes=s.peak_bytes,
        is_suspect=bool(s.measurement.suspect),
    )
