"""One block: fresh processes for one trial, run side by side, and what they answered."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from toolkit.bench.graphics import GraphicsWatch
from toolkit.bench.inputs import Inputs, load_output
from toolkit.bench.memory import TreeSampler
from toolkit.bench.noise import compare, doubts_of_worker, snapshot
from toolkit.bench.process import WorkerProcess, thread_environment
from toolkit.bench.threads import idle_cpus
from toolkit.core.backend import BACKENDS
from toolkit.core.image import Image
from toolkit.core.machine import allowed_cpus
from toolkit.core.measurement import Block, Memory, WorkerRun
from toolkit.core.trial import Trial

Judge = Callable[[dict[str, Image]], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much evidence to gather for one trial.

    Attributes
    ----------
    blocks : int
        Fresh processes one after another; fewer than 3 give no interval.
    seconds : float
        How long one block keeps calling, s.
    least_calls, most_calls : int
        Calls in a block after the first; a call longer than `seconds` is made once.
    timeout_s : float
        Silence after which a worker is stopped.
    """

    blocks: int
    seconds: float
    least_calls: int = 3
    most_calls: int = 1000
    timeout_s: float = 300.0


def run_block(
    trial: Trial, inputs: Inputs, plan: Plan, *, number: int, seen: set[str], judge: Judge
) -> Block:
    """Run one block of a trial.

    Parameters
    ----------
    number : int
        Round; also the photo to start with, so that trials of one round meet the same photos.
    seen : set of str
        Digests of outputs that were judged already; grows.
    judge : callable
        Receives the timed outputs (photo to picture) that are new, after the clock has stopped.

    Raises
    ------
    Unavailable, Unsupported, WorkerFailed
    """
    started = datetime.now(UTC).isoformat(timespec="milliseconds")
    with ExitStack() as stack:
        workers = _open(trial, inputs, plan, number, stack)
        stages = [dict(spawn=w.spawn_s) for w in workers]
        for answers in (_gather(workers, plan), _all(workers, plan, "first")):
            for stage, answer in zip(stages, answers, strict=True):
                stage.update(answer)
        first_s = max(stage["first"] for stage in stages)
        least = 1 if first_s > plan.seconds else plan.least_calls
        before = snapshot()
        runs = _steady(workers, plan, least, plan.seconds)
        noise, suspect = compare(
            before, snapshot(), expected_busy_cpus=trial.workers * trial.placement.threads
        )
        if number == plan.blocks - 1:
            for run, answer in zip(runs, _all(workers, plan, "pipeline"), strict=True):
                run.update(answer)
        new = {name: digest for name, digest in runs[0]["outputs"].items() if digest not in seen}
        if new:
            workers[0].ask("keep", folder=str(inputs.folder), photos=list(new), timeout_s=plan.timeout_s)
    fits = trial.workers * trial.placement.threads <= allowed_cpus()
    for run in runs:
        suspect += doubts_of_worker(
            cpu_s=run["cpu_s"],
            involuntary_switches=run["involuntary_switches"],
            run_delay_s=run["run_delay_s"],
            fits=fits,
        )
        if any(run["outputs"].get(name, digest) != digest for name, digest in runs[0]["outputs"].items()):
            suspect += ("workers side by side gave different pictures",)
    if new:
        judge({name: load_output(inputs.folder / f"{i}.npy") for i, name in enumerate(new)})
        seen.update(new.values())
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


def memory_pass(trial: Trial, inputs: Inputs, plan: Plan) -> tuple[Memory, list[float | None]]:
    """Peak memory of the whole process tree, in processes of their own: polling would disturb timing.

    Returns
    -------
    (Memory, list of float or None)
        The list: processors that each worker keeps busy while it waits for its next command (a spinning pool).

    Raises
    ------
    Unavailable, Unsupported, WorkerFailed
    """
    with ExitStack() as stack:
        cards = stack.enter_context(GraphicsWatch()) if trial.placement.device != "cpu" else None
        workers = _open(trial, inputs, plan, 0, stack)
        _gather(workers, plan)
        with TreeSampler([w.pid for w in workers]) as sampler:
            _all(workers, plan, "first")
            _steady(workers, plan, 1, 0.0)
            sampler.finish()
        peak = sampler.peak
        if cards is not None:
            peak = replace(peak, gpu_peak_bytes=cards.peak_bytes, gpu_busy_percent=cards.busy_percent)
        return peak, [idle_cpus(worker.pid) for worker in workers]


def cold_first_s(trial: Trial, inputs: Inputs, plan: Plan) -> float | None:
    """First call with the runtime's on-disk cache empty, s; None for a backend that keeps none.

    Raises
    ------
    Unavailable, Unsupported, WorkerFailed
    """
    with tempfile.TemporaryDirectory(prefix="atelier-cold-") as empty, ExitStack() as stack:
        cold = BACKENDS[trial.backend].cold_environment(trial.placement, Path(empty))
        if not cold:
            return None
        workers = _open(trial.with_(workers=1), inputs, plan, 0, stack, cold)
        _gather(workers, plan)
        seconds: float = _all(workers, plan, "first")[0]["first"]
        return seconds


def _open(
    trial: Trial,
    inputs: Inputs,
    plan: Plan,
    turn: int,
    stack: ExitStack,
    extra: Mapping[str, str] | None = None,
) -> list[WorkerProcess]:
    """Spawn the workers, `extra` in their environment, and tell each to open the trial; they do so side by side."""
    environment = {**thread_environment(trial), **(extra or {})}
    workers = [stack.enter_context(WorkerProcess(environment)) for _ in range(trial.workers)]
    for worker in workers:
        worker.send("open", trial=trial.to_dict(), inputs=inputs.paths(trial), turn=turn)
    return workers


def _gather(workers: list[WorkerProcess], plan: Plan) -> list[dict]:  # type: ignore[type-arg]
    return [worker.receive(timeout_s=plan.timeout_s) for worker in workers]


def _all(workers: list[WorkerProcess], plan: Plan, do: str, **arguments: object) -> list[dict]:  # type: ignore[type-arg]
    for worker in workers:
        worker.send(do, **arguments)
    return _gather(workers, plan)


def _steady(workers: list[WorkerProcess], plan: Plan, least: int, seconds: float) -> list[dict]:  # type: ignore[type-arg]
    """Start the workers together; none stops before every one has enough calls."""
    together = len(workers) > 1
    for worker in workers:
        worker.send("steady", seconds=seconds, least=least, most=plan.most_calls, until_told=together)
    allowed = seconds + least * plan.timeout_s
    if together:
        for worker in workers:
            worker.receive(timeout_s=allowed)
        for worker in workers:
            worker.tell("")
    return [worker.receive(timeout_s=allowed) for worker in workers]
