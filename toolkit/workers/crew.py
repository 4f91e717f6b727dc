"""A crew of workers: started, opened, timed and ended together."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from toolkit.contracts.trial import Trial
from toolkit.workers.process import WorkerProcess, thread_environment


def spawned(trial: Trial, stack: ExitStack, extra: Mapping[str, str] | None = None) -> list[WorkerProcess]:
    """The trial's workers, ready and `extra` in their environment; closed with `stack`."""
    environment = {**thread_environment(trial), **(extra or {})}
    return [stack.enter_context(WorkerProcess(environment)) for _ in range(trial.workers)]


def open_trial(workers: list[WorkerProcess], trial: Trial, paths: list[list[str]], *, turn: int) -> None:
    """Tell each worker to open the trial; they do so side by side."""
    for worker in workers:
        worker.send("open", trial=trial.to_dict(), inputs=paths, turn=turn)


def gather(workers: list[WorkerProcess], timeout_s: float) -> list[dict]:  # type: ignore[type-arg]
    return [worker.receive(timeout_s=timeout_s) for worker in workers]


def ask_all(workers: list[WorkerProcess], timeout_s: float, do: str, **arguments: object) -> list[dict]:  # type: ignore[type-arg]
    for worker in workers:
        worker.send(do, **arguments)
    return gather(workers, timeout_s)


def steady(
    workers: list[WorkerProcess], *, seconds: float, least: int, most: int, timeout_s: float
) -> list[dict]:  # type: ignore[type-arg]
    """Start the workers together; none stops before every one has enough calls."""
    together = len(workers) > 1
    for worker in workers:
        worker.send("steady", seconds=seconds, least=least, most=most, until_told=together)
    allowed = seconds + least * timeout_s
    if together:
        for worker in workers:
            worker.receive(timeout_s=allowed)
        for worker in workers:
            worker.tell("")
    return [worker.receive(timeout_s=allowed) for worker in workers]
