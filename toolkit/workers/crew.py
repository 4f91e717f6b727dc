"""The worker processes of one trial, driven side by side: started, opened, timed and ended together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from toolkit.contracts.measurement import WorkerRun
from toolkit.contracts.trial import Trial
from toolkit.workers.process import WorkerProcess, thread_environment


class Crew:
    """As many fresh worker processes as a trial asks for; a context manager that ends them.

    Parameters
    ----------
    trial : Trial
    timeout_s : float
        A worker that is silent for longer is killed.
    environment : mapping, optional
        Variables for the workers beside those that set the number of threads.

    Raises
    ------
    Unavailable, Unsupported, WorkerFailed
        From every method: what the first worker that fails reports.
    """

    def __init__(
        self, trial: Trial, *, timeout_s: float, environment: Mapping[str, str] | None = None
    ) -> None:
        self._trial, self._timeout_s = trial, timeout_s
        self._environment = {**thread_environment(trial), **(environment or {})}
        self._stack = ExitStack()
        self._workers: list[WorkerProcess] = []
        self._stages_s: list[dict[str, float]] = []

    def __enter__(self) -> Crew:
        try:
            for _ in range(self._trial.workers):
                self._workers.append(self._stack.enter_context(WorkerProcess(self._environment)))
        except BaseException:
            self._stack.close()
            raise
        self._stages_s = [{"spawn": worker.spawn_s} for worker in self._workers]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.pid for worker in self._workers]

    def open(self, paths: Sequence[Sequence[str]], *, turn: int) -> None:
        """Open the trial in each worker: import the runtime, read the photos, load the model or build the kernel.

        Parameters
        ----------
        paths : sequence of (photo, file)
            Input pictures as ``.npy`` files.
        turn : int
            Number of the photo that the first call takes.
        """
        self._add_stages(self._ask("open", trial=self._trial.to_dict(), inputs=paths, turn=turn))

    def first(self) -> list[float]:
        """Make each worker's first call; seconds."""
        answers = self._ask("first")
        self._add_stages(answers)
        return [answer["first"] for answer in answers]

    def steady(self, *, seconds: float, least: int, most: int) -> list[WorkerRun]:
        """Call again and again; workers start together, and none stops before each has enough calls.

        Parameters
        ----------
        seconds : float
            How long, s.
        least, most : int
            Bounds of the number of calls.
        """
        together = len(self._workers) > 1
        for worker in self._workers:
            worker.send("steady", seconds=seconds, least=least, most=most, until_told=together)
        allowed_s = seconds + least * self._timeout_s
        if together:
            self._receive(allowed_s)
            for worker in self._workers:
                worker.tell("")
        answers = zip(self._receive(allowed_s), self._stages_s, strict=True)
        return [WorkerRun.from_dict({**answer, "stages_s": stages}) for answer, stages in answers]

    def pipeline_s(self) -> list[dict[str, float]]:
        """Seconds of each pipeline stage of one picture, by worker; empty where the stages cannot be timed apart."""
        return [answer["pipeline_s"] for answer in self._ask("pipeline")]

    def keep(self, file: Path, *, worker: int, photo: str, number: int) -> None:
        """Write one output of a worker's last timed calls to a ``.npy`` file.

        Parameters
        ----------
        worker, number : int
            Position in the result of `steady`, and in its ``outputs`` of the photo.
        """
        self._workers[worker].ask(
            "keep", photo=photo, path=str(file), number=number, timeout_s=self._timeout_s
        )

    def _ask(self, do: str, **arguments: object) -> list[dict[str, Any]]:
        for worker in self._workers:
            worker.send(do, **arguments)
        return self._receive(self._timeout_s)

    def _receive(self, timeout_s: float) -> list[dict[str, Any]]:
        return [worker.receive(timeout_s=timeout_s) for worker in self._workers]

    def _add_stages(self, answers: Sequence[Mapping[str, float]]) -> None:
        for stages, answer in zip(self._stages_s, answers, strict=True):
            stages.update(answer)
