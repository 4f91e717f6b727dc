"""Start and time a process that sends pictures to an executor, through a class with the same methods as `Crew`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from toolkit.contracts.measurement import WorkerRun
from toolkit.contracts.trial import Trial
from toolkit.workers.process import WorkerProcess, thread_environment


class ExecutorCrew:
    """A new process that runs the executor of a trial and one caller for each of the trial's workers.

    Parameters
    ----------
    trial : Trial
        A trial whose executor is not the usual one (processes).
    timeout_s : float
        A process that does not answer for this many seconds is killed.

    Raises
    ------
    Unavailable, Unsupported, WorkerFailed
        Every method raises the error of the first caller that fails.
    """

    def __init__(self, trial: Trial, *, timeout_s: float) -> None:
        self._trial, self._timeout_s = trial, timeout_s

    def __enter__(self) -> ExecutorCrew:
        with ExitStack() as stack:
            environment = thread_environment(self._trial.placement, self._trial.runtime)
            self._process = stack.enter_context(WorkerProcess(environment, program="toolkit.workers.load"))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def pids(self) -> list[int]:
        """Process id of the process that runs the executor; workers that are processes are its descendants."""
        return [self._process.pid]

    def open(self, paths: Sequence[tuple[str, str]], *, turn: int = 0) -> None:
        """Open the executor and read the photos.

        Parameters
        ----------
        paths : sequence of (photo, file)
            Input pictures as ``.npy`` files.
        turn : int
            Position of the photo with which the first caller begins; each further caller begins one photo later.
        """
        self._ask("open", trial=self._trial.to_dict(), inputs=list(paths), turn=turn)

    def first(self) -> list[float]:
        """Make the first calls of all callers at the same time; returns the seconds that each call took."""
        taken: list[float] = self._ask("first")
        return taken

    def steady(self, *, seconds: float, least: int, most: int) -> list[WorkerRun]:
        """Repeat and time the calls of all callers, which begin together, and end when each has made enough calls.

        Parameters
        ----------
        seconds : float
            Time for which calls are repeated, s.
        least, most : int
            Least number of calls of each caller, and the number of calls that is enough even before `seconds` are over.
        """
        allowed_s = seconds + least * self._timeout_s
        answers = self._process.ask("steady", timeout_s=allowed_s, seconds=seconds, least=least, most=most)
        runs = map(WorkerRun.from_dict, answers)
        return [replace(run, stages_s={"spawn": self._process.spawn_s, **run.stages_s}) for run in runs]

    def pipeline_s(self) -> list[dict[str, float]]:
        """An empty dict for each caller, because pipeline stages are timed with the executor processes only."""
        return [{}] * self._trial.workers

    def keep(self, file: Path, *, worker: int, photo: str, number: int = 0) -> None:
        """Write one output of a caller's last timed calls to a ``.npy`` file."""
        self._ask("keep", worker=worker, photo=photo, path=str(file), number=number)

    def _ask(self, do: str, **arguments: Any) -> Any:
        return self._process.ask(do, timeout_s=self._timeout_s, **arguments)
