"""Control the worker processes of one trial, which are started, timed and ended together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from toolkit.contracts.measurement import WorkerRun
from toolkit.contracts.trial import Trial
from toolkit.workers.process import WorkerProcess, thread_environment


class Crew:
    """New worker processes, which time the calls of one trial; a context manager that ends the processes.

    Parameters
    ----------
    trial : Trial
        Combination of operation, backend, settings and input whose calls are timed.
    timeout_s : float
        A worker that does not answer for this many seconds is killed.
    environment : mapping, optional
        Environment variables for the workers, in addition to those that set the number of threads.

    Raises
    ------
    Unavailable, Unsupported, WorkerFailed
        Every method raises the error of the first worker that fails.
    """

    def __init__(
        self, trial: Trial, *, timeout_s: float, environment: Mapping[str, str] | None = None
    ) -> None:
        self._trial, self._timeout_s = trial, timeout_s
        self._environment = {
            **thread_environment(trial.placement, trial.runtime),
            **(environment or {}),
        }

    def __enter__(self) -> Crew:
        with ExitStack() as stack:
            count = self._trial.workers
            self._workers = [stack.enter_context(WorkerProcess(self._environment)) for _ in range(count)]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def pids(self) -> list[int]:
        """Process ids of the worker processes."""
        return [worker.pid for worker in self._workers]

    def open(self, paths: Sequence[tuple[str, str]], *, turn: int = 0, is_shared: bool = True) -> None:
        """Prepare the trial in each worker: import the runtime, read the photos, load the model or build the kernel.

        Parameters
        ----------
        paths : sequence of (photo, file)
            Input pictures as ``.npy`` files.
        turn : int
            Position in `paths` of the photo with which the first call is made.
        is_shared : bool
            Whether each worker opens all pictures; otherwise each worker opens one picture, in order.
        """
        opened = [paths] * len(self._workers) if is_shared else [[pair] for pair in paths]
        for worker, inputs in zip(self._workers, opened, strict=True):
            worker.send("open", trial=self._trial.to_dict(), inputs=inputs, turn=turn)
        self._receive(self._timeout_s)

    def first(self) -> list[float]:
        """Make each worker's first call of the kernel; returns the duration of each call, s."""
        return self._ask("first")

    def steady(self, *, seconds: float, least: int, most: int) -> list[WorkerRun]:
        """Repeat and time the calls of the kernel; no worker stops before each worker has made enough calls.

        Parameters
        ----------
        seconds : float
            Time for which calls are repeated, s.
        least, most : int
            Least and largest number of timed calls of each worker.
        """
        together = len(self._workers) > 1
        for worker in self._workers:
            worker.send("steady", seconds=seconds, least=least, most=most, until_told=together)
        allowed_s = seconds + least * self._timeout_s
        if together:
            self._receive(allowed_s)
            for worker in self._workers:
                worker.tell("")
        runs = [WorkerRun.from_dict(answer) for answer in self._receive(allowed_s)]
        return [
            replace(run, stages_s={"spawn": worker.spawn_s, **run.stages_s})
            for worker, run in zip(self._workers, runs, strict=True)
        ]

    def pipeline_s(self) -> list[dict[str, float]]:
        """Seconds of each pipeline stage of one picture, for each worker; empty if the stages cannot be timed."""
        return self._ask("pipeline")

    def keep(self, file: Path, *, worker: int, photo: str, number: int = 0) -> None:
        """Write one output of a worker's last timed calls to a ``.npy`` file.

        Parameters
        ----------
        worker, number : int
            Positions of the worker in the result of `steady`, and of the output in the worker's ``outputs``.
        """
        arguments = {"photo": photo, "path": str(file), "number": number}
        self._workers[worker].ask("keep", timeout_s=self._timeout_s, **arguments)

    def _ask(self, do: str) -> list[Any]:
        for worker in self._workers:
            worker.send(do)
        return self._receive(self._timeout_s)

    def _receive(self, timeout_s: float) -> list[Any]:
        return [worker.receive(timeout_s=timeout_s) for worker in self._workers]
