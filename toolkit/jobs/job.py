"""What a ledger knows of a job: its state, an attempt at it, and how the attempt ended.

======================  ======================================================================================
queued                  waits for `Ledger.claim`
running                 claimed; each claim has the next number of attempt, and older attempts can change nothing
done, failed            ended by `Ledger.finish`, or failed because its worker died `MOST_DEATHS` times
cancelled               by `Ledger.cancel`; a running attempt can no longer finish
expired                 not started in time, see `Ledger.expire`
======================  ======================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from toolkit.core.choices import Choice


class State(Choice):
    """What has become of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a ledger knows of a job.

    Attributes
    ----------
    cause : str
        The kind of its failure.
    result : str
        The file that it writes, where its task names one.
    """

    id: int
    state: State
    signature: str
    cause: str
    result: str


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One attempt at a job; `id` and `attempt` are the fence that `Ledger.finish` checks."""

    id: int
    attempt: int
    name: str
    task: Mapping[str, Any]
    signature: str


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How an attempt ended.

    Attributes
    ----------
    error, cause : str
        A sentence and the kind of failure; ``""`` if the job is done.
    input_hash, output_hash : str
        SHA-256 of what was read and of what was written.
    is_cached : bool
        Whether an earlier result was taken.
    seconds : float, optional
        Time at work, without waiting.
    stages_s : mapping of str to float
        Seconds of each stage.
    deaths : mapping of str to int
        Workers that died at this attempt, by cause, although it went on elsewhere.
    """

    error: str = ""
    cause: str = ""
    input_hash: str = ""
    output_hash: str = ""
    is_cached: bool = False
    seconds: float | None = None
    stages_s: Mapping[str, float] = field(default_factory=dict)
    deaths: Mapping[str, int] = field(default_factory=dict)
