"""One Measurement as one row of numbers: what tables, plots and exports share."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from toolkit.analysis.scaling import PowerLaw, fit_power_law, parallel_efficiency
from toolkit.analysis.stats import Estimate, estimate, geometric_mean
from toolkit.analysis.steady import Steady, steady_part
from toolkit.analysis.throughput import common_window, throughput_ips
from toolkit.contracts.backend import Placement
from toolkit.contracts.identity import comparable_id
from toolkit.contracts.measurement import PIPELINE, STAGES, Block, Measurement, WorkerRun
from toolkit.contracts.trial import Trial
from toolkit.core.errors import AtelierError
from toolkit.core.params import Pairs, pair_text
from toolkit.images.photos import DEFAULT_POOL

UNTRAINED = "untrained"

# Parameters of a network that say how it is run: the picture that comes out is the same.


class Series(NamedTuple):
    """Rows that differ in size alone have it in common."""

    name: str
    settings: str
    threads: int
    workers: int
    environment: str

    @property
    def operation(self) -> str:
        """What of ``operation@backend``."""
        return self.name.partition("@")[0]

    @property
    def backend(self) -> str:
        """How of ``operation@backend``."""
        return self.name.partition("@")[2]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The numbers of one Measurement.

    Attributes
    ----------
    measurement : Measurement
    environment : str
        Short hash of the machine, see `toolkit.contracts.identity`.
    latency : Estimate
        Seconds a call, over blocks, warm-up left out; NaN where nothing was timed.
    steady : Steady
        The warm-up that its processes share.
    throughput : Estimate
        Images/s of all workers together, over blocks.
    efficiency : Estimate or None
        Throughput over that of as many single workers; None without an ok single-worker row to hold it against.
    stages_s : mapping
        Median over processes of each of `STAGES`, seconds.
    pipeline_s : mapping
        Median over processes of each of `PIPELINE` for one picture, seconds; empty where they were not timed.
    busy_cores : float or None
        CPU seconds per second of the workers' common window.
    """

    measurement: Measurement
    environment: str
    latency: Estimate
    steady: Steady
    throughput: Estimate
    efficiency: Estimate | None
    stages_s: Mapping[str, float]
    pipeline_s: Mapping[str, float]
    busy_cores: float | None

    @property
    def trial(self) -> Trial:
        """The question."""
        return self.measurement.trial

    @property
    def is_ok(self) -> bool:
        """Whether the picture was right, so that the time counts."""
        return self.measurement.is_ok

    @property
    def name(self) -> str:
        """``operation@backend``."""
        return f"{self.trial.operation}@{self.trial.backend}"

    @property
    def setting_parts(self) -> tuple[str, ...]:
        """What else tells this row from its neighbours, but for size, threads and workers, piece by piece.

        ``untrained`` stands first, so that no table, legend or sentence that names the row can lack it.
        """
        return (UNTRAINED,) * self.measurement.is_untrained + _setting_parts(self.trial)

    @property
    def settings(self) -> str:
        """The same as one text; often empty."""
        return " ".join(self.setting_parts)

    @property
    def label(self) -> str:
        """``operation@backend`` and the settings."""
        return f"{self.name} {self.settings}".strip()

    @property
    def precision(self) -> str:
        """Arithmetic of the network, ``fp32`` for a filter."""
        return self.trial.placement.precision

    @property
    def is_failed(self) -> bool:
        """Whether the time is one to a wrong picture, if there is a time at all."""
        return self.measurement.is_failed

    @property
    def series(self) -> Series:
        """What the rows of one line in a chart have in common."""
        return Series(
            self.name, self.settings, self.trial.placement.threads, self.trial.workers, self.environment
        )

    @property
    def group(self) -> tuple[object, ...]:
        """Rows that do the same to the same pictures on the same machine, so that one of them can be best."""
        trial = self.trial
        return (
            *(self.environment, trial.operation, trial.picture_params, trial.steps),
            *(trial.images, trial.width, trial.height, trial.batch),
        )

    @property
    def megapixels_per_s(self) -> float:
        """Throughput in input megapixels a second."""
        return self.throughput.value * self.trial.megapixels

    @property
    def peak_bytes(self) -> int | None:
        """Peak memory of the whole process tree: the sum of PSS where the system tells it."""
        memory = self.measurement.memory
        if memory is None:
            return None
        return memory.pss_peak_bytes if memory.pss_peak_bytes is not None else memory.rss_peak_bytes

    @property
    def observed(self) -> Mapping[str, Any]:
        """What the runtime and the kernel said of threads, device and settings in the last process; may be empty."""
        return self.measurement.blocks[-1].workers[-1].observed if self.measurement.blocks else {}

    @property
    def warm_first_s(self) -> float | None:
        """Median first call of the processes that found everything compiled, s; None without one."""
        taken = [r.stages_s["first"] for r in _runs(self.measurement) if r.observed.get("cache") == "warm"]
        return statistics.median(taken) if taken else None

    @property
    def compile_s(self) -> float | None:
        """The first call less a steady one, s: compiling for this size, and whatever else is done once.

        Of the first call with an empty cache on disk where the backend keeps one. A runtime that compiles when it is
        first called cannot be timed otherwise: its compiling is part of an inference.
        """
        cold_s = self.measurement.cold_first_s
        first_s = self.stages_s.get("first") if cold_s is None else cold_s
        if first_s is None or not math.isfinite(self.latency.value):
            return None
        return max(0.0, first_s - self.latency.value)


def newest(measurements: Iterable[Measurement]) -> list[Measurement]:
    """The last given answer to each trial on each machine: earlier ones are of other sources or versions."""
    last = {(m.trial, comparable_id(m.fingerprint)): m for m in measurements}
    return list(last.values())


def summarise(measurements: Iterable[Measurement]) -> list[Summary]:
    """One Summary for each Measurement, ordered by operation, backend, settings, size, threads and workers."""
    measurements = list(measurements)
    environments = {id(m): comparable_id(m.fingerprint) for m in measurements}
    throughputs = {
        id(m): geometric_mean([_block_ips(m.trial, block) for block in m.blocks]) for m in measurements
    }
    single = {
        (m.trial, m.environment_id, environments[id(m)]): throughputs[id(m)]
        for m in measurements
        if m.is_ok and m.trial.workers == 1
    }
    found = []
    for m in measurements:
        one = single.get((m.trial.with_(workers=1), m.environment_id, environments[id(m)]))
        efficiency = None
        if m.is_ok and one is not None:
            efficiency = parallel_efficiency(one, throughputs[id(m)], workers=m.trial.workers)
            if m.trial.workers == 1:  # held against itself it is 1 by definition, with nothing uncertain
                efficiency = Estimate(1.0, None, None, one.n_processes, one.n_samples)
        steady, latency = _latency(m)
        found.append(
            Summary(
                measurement=m,
                environment=environments[id(m)],
                latency=latency,
                steady=steady,
                throughput=throughputs[id(m)],
                efficiency=efficiency,
                stages_s=_medians_s(STAGES, [run.stages_s for run in _runs(m)]),
                pipeline_s=_medians_s(PIPELINE, [run.pipeline_s for run in _runs(m)]),
                busy_cores=_busy_cores(m),
            )
        )
    return sorted(found, key=_order)


def fit_series(summaries: Iterable[Summary]) -> dict[Series, tuple[list[Summary], PowerLaw | None]]:
    """For each series its ok rows in order of size, and the power law through them (None below four sizes)."""
    series: dict[Series, list[Summary]] = defaultdict(list)
    for s in summaries:
        series[s.series] += [s] * s.is_ok
    return {
        name: (points, fit_power_law([s.trial.megapixels for s in points], [s.latency.value for s in points]))
        for name, points in series.items()
    }


def _latency(measurement: Measurement) -> tuple[Steady, Estimate]:
    """Seconds a call after the warm-up; workers of a block ran side by side, so they are one piece of evidence."""
    steady, runs = steady_part(measurement.samples_s)
    of_run = iter(runs)
    blocks = [[s for _ in block.workers for s in next(of_run).tolist()] for block in measurement.blocks]
    return steady, estimate(blocks)


def _block_ips(trial: Trial, block: Block) -> float:
    starts = [run.starts_s for run in block.workers]
    return throughput_ips(starts, [run.samples_s for run in block.workers], batch=trial.batch)


def _runs(measurement: Measurement) -> list[WorkerRun]:
    return [run for block in measurement.blocks for run in block.workers]


def _medians_s(stages: Iterable[str], runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """For each stage that any process passed through, its median over processes."""
    taken = {stage: [run[stage] for run in runs if stage in run] for stage in stages}
    return {stage: statistics.median(values) for stage, values in taken.items() if values}


def _busy_cores(measurement: Measurement) -> float | None:
    busy = []
    for block in measurement.blocks:
        window = common_window([r.starts_s for r in block.workers], [r.samples_s for r in block.workers])
        if window is not None:
            # Every worker's CPU time is over its own calls, which last about as long as the window.
            busy.append(
                sum(r.cpu_s / (r.starts_s[-1] + r.samples_s[-1] - r.starts_s[0]) for r in block.workers)
            )
    return statistics.median(busy) if busy else None


def _setting_parts(trial: Trial) -> tuple[str, ...]:
    placement, usual = trial.placement, Placement()
    fixed: list[tuple[str, object]] = [*picture_settings(trial), *trial.way_params, *placement.options]
    fixed += [("device", placement.device)] * (placement.device != usual.device)
    fixed += [("precision", placement.precision)] * (placement.precision != usual.precision)
    fixed += [("batch", trial.batch)] * (trial.batch != 1)
    fixed += [("images", "+".join(trial.images))] * (trial.images != DEFAULT_POOL)
    steps = [f"+ {step} {' '.join(pair_text(*pair) for pair in given)}" for step, given in trial.steps]
    return (*(pair_text(*pair) for pair in fixed), *steps)


def picture_settings(trial: Trial) -> Pairs:
    """What names the operation of a row: its parameters that decide the picture, the network always among them."""
    given = tuple(pair for pair in trial.picture_params if pair[0] != "weights")
    try:
        operation = trial.op
    except AtelierError:  # a stored trial of a plug-in that is not loaded now
        return given
    silent = {"weights", *dict(given)}
    declared = operation.params if operation.network or operation.task else ()
    return (
        *((p.name, p.default) for p in declared if p.choices and p.rebuild and p.name not in silent),
        *given,
    )


def _order(summary: Summary) -> tuple[object, ...]:
    trial = summary.trial
    size = trial.width * trial.height
    return (
        *(trial.operation, summary.settings, summary.environment, size, trial.width),
        *(trial.backend, trial.placement.threads, trial.workers),
    )
