"""Classes for a job of a service: a change of its state, its progress while it runs, and the answer to a client."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter

from toolkit.jobs.asked import Asked
from toolkit.jobs.job import Claim, Ended, Record, State


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of the state of a job.

    Attributes
    ----------
    state : State
        The new state.
    wait_s : float
        Seconds that a job which begins to run has waited in the queue.
    ended : Ended, optional
        The end of the attempt, for a job that has ended.
    """

    name: str
    state: State
    wait_s: float = 0.0
    ended: Ended | None = None


@dataclass(kw_only=True)
class Running:
    """A job that a worker has claimed, with the attempt to run it and its progress.

    Attributes
    ----------
    cost_s : float
        Estimated seconds of the job; `is_known` says whether the job's operations have run before.
    done : set of str
        Names of the job's operations that have ended without an error.
    """

    claim: Claim
    asked: Asked
    cost_s: float
    began_s: float = field(default_factory=perf_counter)
    is_known: bool = True
    done: set[str] = field(default_factory=set)
    is_stopping: bool = False

    @property
    def left_s(self) -> float:
        """Estimated seconds to the end of the job, at least 0.1 `cost_s`; a job that is 3 s late may need 3 s more."""
        return max(0.1 * self.cost_s, abs(self.cost_s - (perf_counter() - self.began_s)))

    @property
    def estimate_s(self) -> float | None:
        """Estimated seconds until the job ends (`left_s`); None for a job whose operations have never run."""
        return self.left_s if self.is_known else None

    @property
    def progress(self) -> float:
        """Estimated share of the job that is done, below 1; at least the share of the operations that have ended.

        If `cost_s` is a guess, the time since the job began gives a share of less than one half.
        """
        spent = (perf_counter() - self.began_s) / max(self.cost_s, 1e-3)
        if self.is_known:
            by_time = 0.9 * spent if spent < 1 else 0.99 - 0.09 / spent
        else:
            by_time = 0.5 * spent / (1 + spent)
        return max(len(self.done) / len(self.asked.works), by_time)

    @property
    def stage(self) -> str:
        """Name of the job's first operation that has not ended."""
        names = [work.operation for work in self.asked.works]
        return next((name for name in names if name not in self.done), names[-1])


@dataclass(frozen=True, kw_only=True)
class Told:
    """The answer to a client that asks for the state of a job.

    Attributes
    ----------
    position : int or None
        Position of the job in the queue: 1 for the job that runs next; None for a job that is not queued.
    estimate_s : float or None
        Estimated seconds until the job ends; None if the job has ended, or if its operations have never run.
    stage : str
        Name of the operation of the job that runs now.
    """

    record: Record
    asked: Asked
    position: int | None = None
    estimate_s: float | None = None
    progress: float = 0.0
    stage: str = ""
    is_stopping: bool = False
