"""The latency of a measurement: seconds of a call after the warm-up, with a confidence interval over processes."""

from __future__ import annotations

import math

from toolkit.analysis.stats import Estimate, estimate
from toolkit.analysis.steady import Steady, steady_part
from toolkit.contracts.measurement import Measurement


def latency_of(measurement: Measurement) -> tuple[Steady, Estimate]:
    """The warm-up, and the seconds of a call after the warm-up; workers of one block count as one process.

    If raw samples were pruned, the medians that remain give the same latency and interval.
    """
    if any(block.kept for block in measurement.blocks):
        kept = [block.kept for block in measurement.blocks]
        found = estimate([[one["median_s"]] if "median_s" in one else [] for one in kept])
        n_calls = round(sum(one.get("n_calls", 0) for one in kept))
        steady = Steady(round(kept[0].get("warm_up_calls", 0)), bool(kept[0].get("is_steady", 1)), 0)
        return steady, Estimate(found.value, found.low, found.high, found.n_processes, n_calls)
    steady, runs = steady_part(measurement.samples_s)
    of_run = iter(runs)
    blocks = [[s for _ in block.workers for s in next(of_run).tolist()] for block in measurement.blocks]
    return steady, estimate(blocks)


def sentinel_s(measurement: Measurement) -> float:
    """Median time of the small fixed workload in the rounds of a measurement, s; NaN if this workload was not timed."""
    taken = sorted(s for block in measurement.blocks if (s := block.noise.get("sentinel_s")))
    return taken[len(taken) // 2] if taken else math.nan
