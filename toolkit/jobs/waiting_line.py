"""The jobs that wait, in memory: positions, estimated waits, whether there is room, and when to come again."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from time import monotonic

from toolkit.core import units
from toolkit.core.choices import Choice
from toolkit.core.errors import AtelierError

_TICKET_S = 20.0
"""For so long after the time that it was told, a client that comes again finds the place that is kept for such."""


class Why(Choice):
    """Why a service does not take a job."""

    FULL = "full"
    DRAINING = "draining"
    NO_WORKER = "no worker"
    KEY_REUSED = "key reused"


class Refused(AtelierError):
    """A service does not take the job.

    Attributes
    ----------
    why : Why
    retry_after_s : int or None
        Seconds after which the same request may succeed; None: it never will.
    """

    def __init__(self, sentence: str, why: Why, *, retry_after_s: int | None = None) -> None:
        super().__init__(sentence)
        self.why, self.retry_after_s = why, retry_after_s


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A job in the line."""

    name: str
    cost_s: float
    since_s: float


class WaitingLine:
    """The queued jobs by id, which is also their order. The caller holds a lock around every call.

    Parameters
    ----------
    most : int
        Most jobs that wait.
    max_wait_s : float
        A job that would wait longer is refused.
    """

    def __init__(self, *, most: int, max_wait_s: float) -> None:
        self._most, self._max_wait_s = most, max_wait_s
        self._jobs: dict[int, Waiting] = {}
        self._tickets: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, number: int) -> bool:
        return number in self._jobs

    def add(self, number: int, job: Waiting) -> None:
        """Add a job. One that was given back has a lower id than others, and goes before them."""
        is_last = not self._jobs or number > next(reversed(self._jobs))
        self._jobs[number] = job
        if not is_last:
            self._jobs = dict(sorted(self._jobs.items()))

    def remove(self, number: int) -> Waiting | None:
        """Remove a job that does not wait any more; None if it was not in the line."""
        return self._jobs.pop(number, None)

    def ahead(self, number: int) -> tuple[int, float]:
        """How many jobs wait before this one, and their estimated seconds together."""
        n_before, cost_s = 0, 0.0
        for other, job in self._jobs.items():
            if other >= number:
                break
            n_before, cost_s = n_before + 1, cost_s + job.cost_s
        return n_before, cost_s

    @property
    def cost_s(self) -> float:
        """Estimated seconds of all waiting jobs together."""
        return sum(job.cost_s for job in self._jobs.values())

    def oldest_s(self, now_s: float) -> float:
        """For how long the oldest job has waited, s; 0 if none waits."""
        return max((now_s - job.since_s for job in self._jobs.values()), default=0.0)

    def require_room(self, ticket: str, *, busy_s: float, job_s: float, workers: int) -> None:
        """Raise `Refused` if a further job finds no place, or would wait too long.

        Parameters
        ----------
        ticket : str
            Equal when the same client sends the same request again. A client that comes again after the time that it
            was told finds a place that new clients are not given.
        busy_s : float
            Estimated seconds that the running jobs still need.
        job_s : float
            Mean seconds for which a job keeps a worker.
        """
        now_s = monotonic()
        self._tickets = {one: due_s for one, due_s in self._tickets.items() if now_s < due_s + _TICKET_S}
        has_ticket = ticket in self._tickets and now_s > self._tickets[ticket] - 1.0
        kept = self._most // 10 if self._tickets and not has_ticket else 0
        wait_s = (busy_s + self.cost_s) / workers
        if len(self._jobs) < self._most - kept and wait_s <= self._max_wait_s:
            self._tickets.pop(ticket, None)
            return
        until_free_s = job_s / workers if len(self._jobs) >= self._most - kept else wait_s - self._max_wait_s
        again_s = math.ceil(until_free_s + random.uniform(0.0, max(1.0, 0.25 * until_free_s)))
        if len(self._tickets) < 10_000:
            self._tickets[ticket] = now_s + again_s
        raise Refused(
            f"the queue must have room; {units.counted(len(self._jobs), 'job')} of {self._most} wait, for about "
            f"{units.seconds(wait_s)}. Send the request again in {again_s} s.",
            Why.FULL,
            retry_after_s=again_s,
        )
