"""The classes of a job in a job database (ledger): its state, an attempt to run it, and the end of the attempt.

======================  ======================================================================================
queued                  the job waits for `Ledger.claim`
running                 a worker has claimed the job; only the attempt with the latest number can change the job
done, failed            `Ledger.finish` ended the job, or its worker died `MOST_DEATHS` times
cancelled               `Ledger.cancel` ended the job; a running attempt can no longer finish
expired                 the job was not started in time; see `Ledger.expire`
======================  ======================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from toolkit.core.choices import Choice


class State(Choice):
    """The states in which a job can be."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as the job database (ledger) stores it.

    Attributes
    ----------
    cause : str
        The cause of the job's failure.
    result : str
        The file that the job writes, if the job's task names a file.
    """

    id: int
    state: State
    signature: str
    cause: str
    result: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """All that the job database knows of a job; times are seconds since 1970, or None if the event has not happened."""

    id: int
    name: str
    task: Mapping[str, Any]
    signature: str
    state: State
    attempt: int
    queued_s: float
    started_s: float | None
    finished_s: float | None
    is_cached: bool
    seconds: float | None
    stages_s: Mapping[str, float]
    deaths: Mapping[str, int]
    cause: str
    error: str

    @property
    def is_ended(self) -> bool:
        """Whether the job has ended: it is neither queued nor running."""
        return self.state not in (State.QUEUED, State.RUNNING)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One attempt to run a job; `Ledger.finish` refuses an attempt whose `id` and `attempt` are not the latest."""

    id: int
    attempt: int
    name: str
    task: Mapping[str, Any]
    signature: str


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The end of an attempt to run a job.

    Attributes
    ----------
    error, cause : str
        Error message and cause of a failed attempt; both are ``""`` if the job is done.
    input_hash, output_hash : str
        SHA-256 of the file that was read and of the file that was written.
    is_cached : bool
        Whether the result was copied from an earlier result.
    seconds : float, optional
        Time for which the operations of the job ran, s, without the time in the queue.
    stages_s : mapping of str to float
        Seconds of each stage of the attempt, such as decode, run and encode.
    deaths : mapping of str to int
        Number of workers that died during this attempt, by cause, even if another worker finished the attempt.
    """

    error: str = ""
    cause: str = ""
    input_hash: str = ""
    output_hash: str = ""
    is_cached: bool = False
    seconds: float | None = None
    stages_s: Mapping[str, float] = field(default_factory=dict)
    deaths: Mapping[str, int] = field(default_factory=dict)
