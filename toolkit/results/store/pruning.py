"""Replace the raw samples of old measurements with the median of each process, so that a store's file stays small."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from toolkit.analysis.stats import log_median
from toolkit.analysis.steady import steady_part
from toolkit.analysis.throughput import throughput_ips
from toolkit.contracts.measurement import Block, Measurement
from toolkit.results.store.points import complete_points
from toolkit.results.store.space import give_back_space, has_free_space, size_bytes
from toolkit.results.store.store_file import StoreFile, body_of

_AT_ONCE = 50  # number of measurements in one transaction, so that another process never waits for long
# In compact JSON, a list of samples that is not empty begins with `"samples_s":[` and a digit.
_PRUNABLE = (
    "SELECT m.id FROM points p JOIN measurements m ON m.id = p.measurement"
    " WHERE p.began_s > 0 AND p.began_s < ? AND m.id NOT IN (SELECT max(id) FROM measurements GROUP BY key)"
    """ AND m.body GLOB '*"samples_s":[[][0-9]*' ORDER BY m.id"""
)


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """The result of dropping the raw samples of old measurements.

    Attributes
    ----------
    n_measurements : int
        Number of measurements whose raw samples were dropped.
    n_samples : int
        Number of dropped samples.
    before_bytes, after_bytes : int
        Size of the store on disk, before and after the samples were dropped.
    why_large : str
        Why the store's file still has free space, as a clause; empty if no space is free.
    """

    n_measurements: int
    n_samples: int
    before_bytes: int
    after_bytes: int
    why_large: str


def prunable(file: StoreFile, *, older_than_s: float, now: datetime | None = None) -> list[int]:
    """Ids of the measurements whose raw samples `prune` drops.

    Raw samples are dropped from a measurement that began more than `older_than_s` seconds ago, if the store has a newer
    measurement of the same trial in the same environment.
    """
    complete_points(file)
    limit = (now or datetime.now(UTC)) - timedelta(seconds=older_than_s)
    return [number for (number,) in file.rows(_PRUNABLE, (limit.timestamp(),))]


def prune(file: StoreFile, *, older_than_s: float, now: datetime | None = None) -> Pruned:
    """Replace the raw samples of `prunable` measurements with the medians of their processes, and shrink the file.

    Other processes may read and add measurements at the same time. An interruption leaves each measurement either
    unchanged or pruned; the next call prunes the rest.

    Raises
    ------
    InvalidValue
        The store cannot be written.
    """
    chosen = prunable(file, older_than_s=older_than_s, now=now)
    before = size_bytes(file)
    n_samples = 0
    for first in range(0, len(chosen), _AT_ONCE):
        n_samples += _pruned(file, chosen[first : first + _AT_ONCE])
    why_large = give_back_space(file) if chosen or has_free_space(file) else ""
    return Pruned(
        n_measurements=len(chosen),
        n_samples=n_samples,
        before_bytes=before,
        after_bytes=size_bytes(file),
        why_large=why_large,
    )


def _pruned(file: StoreFile, numbers: list[int]) -> int:
    """Drop the raw samples of some measurements in one transaction; returns the number of dropped samples."""
    places = ", ".join("?" * len(numbers))
    n_samples, bodies = 0, []
    for number, body in file.rows(f"SELECT id, body FROM measurements WHERE id IN ({places})", numbers):
        measurement = Measurement.from_dict({**json.loads(body), "fingerprint": {}})
        n_samples += sum(map(len, measurement.samples_s))
        bodies.append((body_of(without_samples(measurement)), number))
    with file.writing() as db:
        db.executemany("UPDATE measurements SET body = ? WHERE id = ?", bodies)
    return n_samples


def without_samples(measurement: Measurement) -> Measurement:
    """The measurement with a median for each block in place of raw samples.

    Latency, throughput and their intervals stay; percentiles and single calls are lost.
    """
    steady, runs = steady_part(measurement.samples_s)
    of_run = iter(runs)
    blocks = []
    for block in measurement.blocks:
        calls = [s for _ in block.workers for s in next(of_run).tolist()]
        blocks.append(_kept(block, calls, batch=measurement.trial.batch, warm_up=steady.start))
    if not steady.is_steady and blocks:
        blocks[0] = replace(blocks[0], kept={**blocks[0].kept, "is_steady": 0})
    return replace(measurement, blocks=tuple(blocks))


def _kept(block: Block, calls: list[float], *, batch: int, warm_up: int) -> Block:
    rate = throughput_ips(
        [run.starts_s for run in block.workers], [run.samples_s for run in block.workers], batch=batch
    )
    kept: dict[str, float] = {"n_calls": len(calls), "warm_up_calls": warm_up}
    if calls:
        kept["median_s"] = math.exp(log_median(calls))
    if math.isfinite(rate):
        kept["throughput_ips"] = rate
    workers = tuple(replace(run, starts_s=(), samples_s=()) for run in block.workers)
    return replace(block, workers=workers, kept=kept)
