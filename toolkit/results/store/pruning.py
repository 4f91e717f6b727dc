"""Drop the raw samples of old measurements and keep the median of each process, so that a store stays small."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from toolkit.analysis.stats import log_median
from toolkit.analysis.steady import steady_part
from toolkit.analysis.throughput import throughput_ips
from toolkit.contracts.measurement import Block, Measurement
from toolkit.results.store.store_file import StoreFile, body_of

_CANDIDATES = (
    "SELECT id, body FROM measurements"
    " WHERE id NOT IN (SELECT max(id) FROM measurements GROUP BY key) ORDER BY id"
)


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """The result of `prune`.

    Attributes
    ----------
    n_measurements : int
        Number of measurements whose raw samples were dropped.
    n_samples : int
        Number of dropped samples.
    before_bytes, after_bytes : int
        Size of the store's file.
    """

    n_measurements: int
    n_samples: int
    before_bytes: int
    after_bytes: int


def prunable(file: StoreFile, *, older_than_s: float, now: datetime | None = None) -> dict[int, Measurement]:
    """The measurements whose raw samples `prune` drops, by their ids.

    Such a measurement has raw samples and began more than `older_than_s` seconds ago, and the store has a
    newer measurement of the same trial in the same environment.
    """
    limit = (now or datetime.now(UTC)) - timedelta(seconds=older_than_s)
    found = {}
    for number, body in file.rows(_CANDIDATES):
        plain: dict[str, Any] = json.loads(body)
        starts = [block["started"] for block in plain["blocks"]]
        if starts and datetime.fromisoformat(min(starts)) < limit:
            measurement = Measurement.from_dict({**plain, "fingerprint": {}})
            if any(measurement.samples_s):
                found[number] = measurement
    return found


def prune(file: StoreFile, *, older_than_s: float, now: datetime | None = None) -> Pruned:
    """Replace the raw samples of `prunable` measurements with the medians of their processes, and shrink the file.

    Raises
    ------
    InvalidValue
        The store cannot be written.
    """
    chosen = prunable(file, older_than_s=older_than_s, now=now)
    before = file.path.stat().st_size if file.path.exists() else 0
    with file.writing() as db:
        for number, measurement in chosen.items():
            body = body_of(without_samples(measurement))
            db.execute("UPDATE measurements SET body = ? WHERE id = ?", (body, number))
    if chosen:
        file.compact()
    n_samples = sum(len(samples) for m in chosen.values() for samples in m.samples_s)
    after = file.path.stat().st_size if file.path.exists() else 0
    return Pruned(n_measurements=len(chosen), n_samples=n_samples, before_bytes=before, after_bytes=after)


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
