"""What is known of a job of a service at a moment: that it changes, how far it is, what a client is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter

from toolkit.jobs.asked import Asked
from toolkit.jobs.job import Claim, Ended, Record, State


@dataclass(frozen=True, kw_only=True)
class Change:
    """Something that happened to a job.

    Attributes
    ----------
    state : State
        The new state.
    wait_s : float
        Seconds in the queue, of a job that begins to run.
    ended : Ended, optional
        How it ended.
    """

    name: str
    state: State
    wait_s: float = 0.0
    ended: Ended | None = None


@dataclass(kw_only=True)
class Running:
    """A claimed job: its attempt, and how far it is."""

    claim: Claim
    asked: Asked
    cost_s: float
    began_s: float = field(default_factory=perf_counter)
    n_done: int = 0
    is_stopping: bool = False

    @property
    def left_s(self) -> float:
        """Estimated seconds until it ends; a job that takes longer than estimated needs a tenth of the estimate."""
        return max(0.1 * self.cost_s, self.cost_s - (perf_counter() - self.began_s))

    @property
    def progress(self) -> float:
        """Estimated share of the job that is done: never 1, and at least the operations that have ended."""
        spent = (perf_counter() - self.began_s) / max(self.cost_s, 1e-3)
        by_time = 0.9 * spent if spent < 1 else 0.99 - 0.09 / spent
        return max(self.n_done / len(self.asked.works), by_time)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a client is told of a job.

    Attributes
    ----------
    position : int or None
        1 for the job that is taken next; None for one that does not wait.
    estimate_s : float or None
        Estimated seconds until the job ends; None if it has ended.
    stage : str
        The operation that runs, where there are several.
    """

    record: Record
    asked: Asked
    position: int | None = None
    estimate_s: float | None = None
    progress: float = 0.0
    stage: str = ""
    is_stopping: bool = False
