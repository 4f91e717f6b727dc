"""Summarise measurements as rows; existing rows are returned unchanged, so that nothing is summarised twice."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from toolkit.analysis.ratios import parallel_efficiency
from toolkit.analysis.stats import Estimate, geometric_mean
from toolkit.analysis.throughput import common_window, throughput_ips
from toolkit.contracts.identity import environment_name
from toolkit.contracts.measurement import PIPELINE, STAGES, Block, Measurement
from toolkit.contracts.trial import Trial
from toolkit.contracts.turns import took_turns
from toolkit.results.rows.order import by_name
from toolkit.results.rows.summary import Summary
from toolkit.results.store.latency import latency_of

Measured = Measurement | Summary
"""The input of tables, plots and sentences: measurements, or existing summaries of measurements."""


def summarise(measured: Iterable[Measured]) -> list[Summary]:
    """Make one row for each measurement, in the order given.

    Existing rows are returned unchanged, so a notebook can summarise its measurements once and reuse the rows.
    """
    measured = list(measured)
    rows = [one for one in measured if isinstance(one, Summary)]
    if len(rows) == len(measured):
        return rows
    return _rows_of([one.measurement if isinstance(one, Summary) else one for one in measured])


def newest_rows(measured: Iterable[Measured]) -> list[Summary]:
    """The last row of each trial on each machine; rows of the same trial from earlier versions are left out.

    The rows are ordered by operation, settings, machine, size, backend, threads and workers.
    """
    last = {(s.trial, s.environment): s for s in summarise(measured)}
    return by_name(last.values())


def _rows_of(measurements: Sequence[Measurement]) -> list[Summary]:
    environments = [environment_name(m.fingerprint) for m in measurements]
    throughputs = [geometric_mean([_block_ips(m.trial, block) for block in m.blocks]) for m in measurements]
    single = {
        (m.trial, m.environment_id, environment): (m, throughput)
        for m, environment, throughput in zip(measurements, environments, throughputs, strict=True)
        if m.is_ok and m.trial.workers == 1
    }
    found, alike = [], Counter[tuple[str, str]]()
    for m, environment, throughput in zip(measurements, environments, throughputs, strict=True):
        one = single.get((m.trial.with_(workers=1), m.environment_id, environment))
        runs = [run for block in m.blocks for run in block.workers]
        steady, latency = latency_of(m)
        name = (m.key, environment)
        found.append(
            Summary(
                key=(*name, alike[name]),
                measurement=m,
                environment=environment,
                latency=latency,
                steady=steady,
                throughput=throughput,
                efficiency=_efficiency(m, throughput, one),
                stages_s=_medians_s(STAGES, [run.stages_s for run in runs]),
                pipeline_s=_medians_s(PIPELINE, [run.pipeline_s for run in runs]),
                busy_cores=_busy_cores(m),
            )
        )
        alike[name] += 1
    return found


def _efficiency(
    measurement: Measurement, throughput: Estimate, single: tuple[Measurement, Estimate] | None
) -> Estimate | None:
    """Parallel efficiency relative to `single`, the measurement of one worker, if both were made in turns."""
    if not measurement.is_ok or single is None:
        return None
    if measurement.trial.workers == 1:  # the efficiency of one worker is 1 by definition, without uncertainty
        return Estimate(1.0, None, None, throughput.n_processes, throughput.n_samples)
    if not took_turns(single[0], measurement):
        return None
    return parallel_efficiency(single[1], throughput, workers=measurement.trial.workers)


def _block_ips(trial: Trial, block: Block) -> float:
    if block.kept:  # the raw samples were removed to save space
        return block.kept.get("throughput_ips", math.nan)
    starts = [run.starts_s for run in block.workers]
    return throughput_ips(starts, [run.samples_s for run in block.workers], batch=trial.batch)


def _medians_s(stages: Iterable[str], runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Median time over processes, s, of each stage that at least one process timed."""
    taken = {stage: [run[stage] for run in runs if stage in run] for stage in stages}
    return {stage: statistics.median(values) for stage, values in taken.items() if values}


def _busy_cores(measurement: Measurement) -> float | None:
    busy = []
    for block in measurement.blocks:
        runs = block.workers
        if common_window([r.starts_s for r in runs], [r.samples_s for r in runs]) is not None:
            # CPU time over the time from the first to the last call: the number of cores that a worker kept busy.
            busy.append(sum(r.cpu_s / (r.starts_s[-1] + r.samples_s[-1] - r.starts_s[0]) for r in runs))
    return statistics.median(busy) if busy else None
