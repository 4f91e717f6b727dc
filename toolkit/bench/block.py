"""One block: fresh processes for one trial, run side by side, and what they answered."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from toolkit.bench.inputs import Inputs, load_output
from toolkit.bench.plan import Plan
from toolkit.contracts.measurement import Block, WorkerRun
from toolkit.contracts.trial import Trial
from toolkit.core.choices import Device
from toolkit.core.errors import Unavailable, Unsupported
from toolkit.images.image import Image
from toolkit.machine.graphics import STEADY_S, GraphicsWatch
from toolkit.machine.hardware import allowed_cpus
from toolkit.machine.memory import Memory, TreeSampler
from toolkit.machine.noise import compare, doubts_of_worker, snapshot
from toolkit.machine.threads import idle_cpus
from toolkit.workers.crew import ask_all, gather, open_trial, spawned, steady
from toolkit.workers.process import WorkerFailed, WorkerProcess

Outputs = Iterator[tuple[str, Image]]
"""Photo and timed output; a photo may come with several."""


def run_block(
    trial: Trial,
    inputs: Inputs,
    plan: Plan,
    *,
    number: int,
    seen: set[tuple[str, str]],
    judge: Callable[[Outputs], None],
    remark: Callable[[str], None] = lambda sentence: None,
) -> Block:
    """Run one block of a trial.

    Parameters
    ----------
    number : int
        Round; also the photo to start with, so that trials of one round meet the same photos.
    seen : set of (photo, digest)
        Outputs that were judged already; grows.
    judge : callable
        Receives every timed output of the workers' last calls that is new, after the workers have ended; one is in
        memory at a time.
    remark : callable
        Told in a sentence what is left out of the block, and why.

    Raises
    ------
    Unavailable, Unsupported, WorkerFailed
    """
    started = datetime.now(UTC).isoformat(timespec="milliseconds")
    with ExitStack() as stack:
        workers = spawned(trial, stack)
        open_trial(workers, trial, inputs.paths(trial), turn=number)
        stages = [dict(spawn=w.spawn_s) for w in workers]
        for answers in (gather(workers, plan.timeout_s), ask_all(workers, plan.timeout_s, "first")):
            for stage, answer in zip(stages, answers, strict=True):
                stage.update(answer)
        first_s = max(stage["first"] for stage in stages)
        least = 1 if first_s > plan.seconds else plan.least_calls
        before = snapshot()
        runs = steady(
            workers, seconds=plan.seconds, least=least, most=plan.most_calls, timeout_s=plan.timeout_s
        )
        noise, suspect = compare(
            before, snapshot(), expected_busy_cpus=trial.workers * trial.placement.threads
        )
        new = _keep_new(workers, runs, inputs, plan, seen)
        if number == plan.blocks - 1:
            _add_stages(workers, runs, plan, remark)
    fits = trial.workers * trial.placement.threads <= allowed_cpus()
    for run in runs:
        suspect += doubts_of_worker(
            cpu_s=run["cpu_s"],
            involuntary_switches=run["involuntary_switches"],
            run_delay_s=run["run_delay_s"],
            fits=fits,
        )
        if any(set(run["outputs"].get(name, own)) != set(own) for name, own in runs[0]["outputs"].items()):
            suspect += ("workers side by side gave different pictures",)
    judge((name, load_output(file)) for name, file in new)
    return Block(
        round=number,
        started=started,
        workers=tuple(
            WorkerRun(
                **{
                    **run,
                    "stages_s": stage,
                    "starts_s": tuple(run["starts_s"]),
                    "samples_s": tuple(run["samples_s"]),
                }
            )
            for stage, run in zip(stages, runs, strict=True)
        ),
        noise=noise,
        suspect=tuple(dict.fromkeys(suspect)),
    )


def _keep_new(
    workers: list[WorkerProcess],
    runs: list[dict],  # type: ignore[type-arg]
    inputs: Inputs,
    plan: Plan,
    seen: set[tuple[str, str]],
) -> list[tuple[str, Path]]:
    """Photo and file of each output that was not seen before."""
    kept: list[tuple[str, Path]] = []
    for worker, run in zip(workers, runs, strict=True):
        for name, digests in run["outputs"].items():
            for number, digest in enumerate(digests):
                if (name, digest) in seen:
                    continue
                seen.add((name, digest))
                file = inputs.folder / f"output-{len(kept)}.npy"
                worker.ask("keep", photo=name, path=str(file), number=number, timeout_s=plan.timeout_s)
                kept.append((name, file))
    return kept


def _add_stages(
    workers: list[WorkerProcess],
    runs: list[dict],  # type: ignore[type-arg]
    plan: Plan,
    remark: Callable[[str], None],
) -> None:
    """Time the stages of a picture too; what was measured before stays, whatever happens here."""
    try:
        for run, answer in zip(runs, ask_all(workers, plan.timeout_s, "pipeline"), strict=True):
            run.update(answer)
    except (Unavailable, Unsupported, WorkerFailed) as error:
        remark(f"decode, preprocess, infer, postprocess and encode were not timed apart: {error}")


def memory_pass(trial: Trial, inputs: Inputs, plan: Plan) -> tuple[Memory, list[float | None]]:
    """Peak memory of the whole process tree, in processes of their own: polling would disturb timing.

    From a bare interpreter on: a runtime may take more while it opens a model than when it runs it, and some open it
    at the first call only.

    Returns
    -------
    (Memory, list of float or None)
        The list: processors that each worker keeps busy while it waits for its next command (a spinning pool).

    Raises
    ------
    Unavailable, Unsupported, WorkerFailed
    """
    with ExitStack() as stack:
        workers = spawned(trial, stack)
        pids = [w.pid for w in workers]
        cards = stack.enter_context(GraphicsWatch(pids)) if trial.placement.device != Device.CPU else None
        with TreeSampler(pids) as sampler:
            open_trial(workers, trial, inputs.paths(trial), turn=0)
            gather(workers, plan.timeout_s)
            sampler.settle()
            ask_all(workers, plan.timeout_s, "first")
            if cards is not None and cards.is_watching:
                cards.now_steady()
                steady(workers, seconds=STEADY_S, least=1, most=sys.maxsize, timeout_s=plan.timeout_s)
            else:
                steady(workers, seconds=0.0, least=1, most=plan.most_calls, timeout_s=plan.timeout_s)
            sampler.finish()
        peak = sampler.peak
        if cards is not None:
            peak = replace(
                peak,
                gpu_peak_bytes=cards.peak_bytes,
                gpu_is_whole_card=cards.is_whole_card,
                gpu_busy_percent=cards.busy_percent,
            )
        return peak, [idle_cpus(worker.pid) for worker in workers]


def cold_first_s(trial: Trial, inputs: Inputs, plan: Plan) -> float | None:
    """First call with the runtime's on-disk cache empty, s; None for a backend that keeps none.

    Raises
    ------
    Unavailable, Unsupported, WorkerFailed
    """
    with tempfile.TemporaryDirectory(prefix="atelier-cold-") as empty, ExitStack() as stack:
        cold = trial.runtime.cold_environment(trial.placement, Path(empty))
        if not cold:
            return None
        alone = trial.with_(workers=1)
        workers = spawned(alone, stack, cold)
        open_trial(workers, alone, inputs.paths(alone), turn=0)
        gather(workers, plan.timeout_s)
        seconds: float = ask_all(workers, plan.timeout_s, "first")[0]["first"]
        return seconds
