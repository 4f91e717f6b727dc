"""Run one block of a trial: start its worker processes together, collect their times, and sample their memory."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from toolkit.bench.inputs import Inputs, load_output
from toolkit.bench.judge import Judge
from toolkit.bench.plan import Plan
from toolkit.bench.throughput import ExecutorCrew
from toolkit.contracts.measurement import PIPELINE, Block, WorkerRun
from toolkit.contracts.trial import Trial
from toolkit.contracts.trial_keys import USUAL_EXECUTOR
from toolkit.core.choices import Device
from toolkit.core.errors import Unavailable, Unsupported
from toolkit.machine.graphics import STEADY_S, GraphicsWatch
from toolkit.machine.hardware import allowed_cpus
from toolkit.machine.memory import Memory, TreeSampler
from toolkit.machine.noise import compare, doubts_of_worker, snapshot
from toolkit.machine.threads import idle_cpus
from toolkit.workers.crew import Crew
from toolkit.workers.process import WorkerFailed


def run_block(
    trial: Trial,
    inputs: Inputs,
    plan: Plan,
    *,
    number: int,
    judge: Judge | None = None,
    remark: Callable[[str], None] = lambda sentence: None,
) -> Block:
    """Run one block of a trial: new workers, which repeat and time the calls of the operation.

    Parameters
    ----------
    number : int
        Number of the round of measurements. The number also selects the photo of the first call, so that all trials
        of a round start with the same photo.
    judge : Judge, optional
        Object that compares each new output of the workers' last calls with its reference, after the workers have
        ended.
    remark : callable
        Function that receives a sentence with the reason if the pipeline stages of the block could not be timed.

    Raises
    ------
    Unavailable, Unsupported, WorkerFailed
    """
    started = datetime.now(UTC).isoformat(timespec="milliseconds")
    busy_cpus = trial.workers * trial.placement.threads
    with crew_of(trial, timeout_s=plan.timeout_s) as crew:
        crew.open(inputs.paths(trial), turn=number)
        least = 1 if max(crew.first()) > plan.seconds else plan.least_calls
        before = snapshot()
        runs = crew.steady(seconds=plan.seconds, least=least, most=plan.most_calls)
        noise, suspect = compare(before, snapshot(), expected_busy_cpus=busy_cpus)
        new = [] if judge is None else _keep_new(crew, runs, inputs.folder, judge.seen)
        if number == plan.blocks - 1:
            runs = _with_pipeline(crew, runs, remark)
    for run in runs:
        suspect += doubts_of_worker(
            cpu_s=run.cpu_s,
            involuntary_switches=run.involuntary_switches,
            run_delay_s=run.run_delay_s,
            fits=busy_cpus <= allowed_cpus(),
        )
        if any(set(run.outputs.get(name, own)) != set(own) for name, own in runs[0].outputs.items()):
            suspect += ("the workers of this trial gave different pictures of one photo",)
    if judge is not None:
        # The outputs come from a generator, so that only one output is in memory at a time.
        judge.judge((photo, load_output(file)) for photo, file in new)
    return Block(
        round=number,
        started=started,
        workers=tuple(runs),
        noise=noise,
        suspect=tuple(dict.fromkeys(suspect)),
    )


def crew_of(trial: Trial, *, timeout_s: float) -> Crew | ExecutorCrew:
    """The workers of a trial: a `Crew` (one process for each worker) for the usual executor, else an `ExecutorCrew`."""
    kind = ExecutorCrew if trial.unusual_keys("executor") else Crew
    return kind(trial, timeout_s=timeout_s)


def _keep_new(
    crew: Crew | ExecutorCrew, runs: list[WorkerRun], folder: Path, seen: set[tuple[str, str]]
) -> list[tuple[str, Path]]:
    """Save each output that is not in `seen`, and add it to `seen`; returns the photo and file of each saved output."""
    kept: list[tuple[str, Path]] = []
    for worker, run in enumerate(runs):
        for photo, digests in run.outputs.items():
            for number, digest in enumerate(digests):
                if (photo, digest) not in seen:
                    seen.add((photo, digest))
                    file = folder / f"output-{len(kept)}.npy"
                    crew.keep(file, worker=worker, photo=photo, number=number)
                    kept.append((photo, file))
    return kept


def _with_pipeline(
    crew: Crew | ExecutorCrew, runs: list[WorkerRun], remark: Callable[[str], None]
) -> list[WorkerRun]:
    """Add the seconds of each pipeline stage to each worker's run; the runs stay as they are if this timing fails."""
    try:
        stages = crew.pipeline_s()
    except (Unavailable, Unsupported, WorkerFailed) as error:
        remark(f"the stages {', '.join(PIPELINE)} could not be timed one by one: {error}")
        return runs
    return [replace(run, pipeline_s=seconds) for run, seconds in zip(runs, stages, strict=True)]


def memory_pass(trial: Trial, inputs: Inputs, plan: Plan) -> tuple[Memory, list[float | None]]:
    """Measure the peak memory of workers and their children, in an untimed run, because sampling would disturb times.

    Sampling starts before the runtime is imported: a runtime may need more memory to open a model than to run it.

    Returns
    -------
    (Memory, list of float or None)
        The list has, for each worker, the number of processors that are busy while the worker waits for a command:
        the idle threads of some runtimes spin instead of sleeping.

    Raises
    ------
    Unavailable, Unsupported, WorkerFailed
    """
    on_card = trial.placement.device != Device.CPU
    with (
        crew_of(trial, timeout_s=plan.timeout_s) as crew,
        GraphicsWatch(crew.pids, is_wanted=on_card) as cards,
        TreeSampler(crew.pids) as sampler,
    ):
        crew.open(inputs.paths(trial))
        sampler.settle()
        crew.first()
        cards.now_steady()
        crew.steady(seconds=STEADY_S if cards.is_watching else 0.0, least=1, most=sys.maxsize)
        sampler.finish()
        idle = [idle_cpus(pid) for pid in crew.pids]
    peak = replace(
        sampler.peak,
        gpu_peak_bytes=cards.peak_bytes,
        gpu_is_whole_card=cards.is_whole_card,
        gpu_busy_percent=cards.busy_percent,
    )
    return peak, idle


def cold_first_s(trial: Trial, inputs: Inputs, plan: Plan) -> float | None:
    """Duration of a first call with the runtime's on-disk cache empty, s; None for a backend without such a cache.

    Raises
    ------
    Unavailable, Unsupported, WorkerFailed
    """
    with tempfile.TemporaryDirectory(prefix="atelier-cold-") as empty:
        cold = trial.runtime.cold_environment(trial.placement, Path(empty))
        if not cold:
            return None
        alone = trial.with_(workers=1, executor=USUAL_EXECUTOR)
        with Crew(alone, timeout_s=plan.timeout_s, environment=cold) as crew:
            crew.open(inputs.paths(alone))
            return crew.first()[0]
