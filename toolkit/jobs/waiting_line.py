"""The queued jobs in memory: positions, estimated waits, and whether a further job is accepted, now or later."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from time import monotonic

from toolkit.core import units
from toolkit.core.choices import Choice
from toolkit.core.errors import AtelierError

_TICKET_S = 20.0
"""Time after `Refused.retry_after_s`, s, for which a place in the queue is reserved for the refused client."""

# Interval, s, at which expired reservations of places in the queue are removed; a removal at each refusal is slow.
_LOOK_S = 1.0


class Why(Choice):
    """Why a service refuses a job."""

    FULL = "full"
    DRAINING = "draining"
    NO_WORKER = "no worker"
    KEY_REUSED = "key reused"


class Refused(AtelierError):
    """The error by which a service refuses a job.

    Attributes
    ----------
    why : Why
        Reason why the job was refused.
    retry_after_s : int or None
        Seconds after which the same request may succeed; None if the request will never succeed.
    """

    def __init__(self, sentence: str, why: Why, *, retry_after_s: int | None = None) -> None:
        super().__init__(sentence)
        self.why, self.retry_after_s = why, retry_after_s


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A queued job with its estimated cost."""

    name: str
    cost_s: float
    since_s: float


class WaitingLine:
    """The queued jobs in the order of their ids. The caller must hold a lock around every call.

    Parameters
    ----------
    most : int
        Largest number of queued jobs.
    max_wait_s : float
        Longest estimated wait, s; a job that would wait longer is refused.
    """

    def __init__(self, *, most: int, max_wait_s: float) -> None:
        self._most, self._max_wait_s = most, max_wait_s
        self._jobs: dict[int, Waiting] = {}
        self._cost_s = 0.0
        self._tickets: dict[str, float] = {}
        self._looked_s = 0.0

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, number: int) -> bool:
        return number in self._jobs

    def add(self, number: int, job: Waiting) -> None:
        """Add a job. A job that was given back has a lower id than later jobs, and is placed before them."""
        is_last = not self._jobs or number > next(reversed(self._jobs))
        self._jobs[number] = job
        self._cost_s += job.cost_s
        if not is_last:
            self._jobs = dict(sorted(self._jobs.items()))

    def remove(self, number: int) -> Waiting | None:
        """Remove a job from the queue and return the job; None if the job was not queued."""
        found = self._jobs.pop(number, None)
        if found is not None:  # an empty queue costs exactly 0 s, whatever rounding errors were summed
            self._cost_s = self._cost_s - found.cost_s if self._jobs else 0.0
        return found

    def ahead(self, number: int) -> tuple[int, float]:
        """The number of jobs before a job in the queue, and the sum of their estimated seconds."""
        n_before, cost_s = 0, 0.0
        for other, job in self._jobs.items():
            if other >= number:
                break
            n_before, cost_s = n_before + 1, cost_s + job.cost_s
        return n_before, cost_s

    @property
    def cost_s(self) -> float:
        """Estimated seconds of all waiting jobs together."""
        return self._cost_s

    def oldest_s(self, now_s: float) -> float:
        """Time for which the oldest queued job has waited, s; 0 without a queued job."""
        return max((now_s - job.since_s for job in self._jobs.values()), default=0.0)

    def use(self, ticket: str) -> None:
        """Give up the place that is reserved for a refused client, because its job is in the queue now."""
        self._tickets.pop(ticket, None)

    def require_room(self, ticket: str, *, busy_s: float, job_s: float, workers: int) -> None:
        """Raise `Refused` if the queue is full, or if a further job would wait too long.

        Parameters
        ----------
        ticket : str
            Text that is equal when the same client sends the same request again. A tenth of the queue is reserved for
            clients that repeat a refused request after `Refused.retry_after_s`; see `use`.
        busy_s : float
            Estimated seconds that the running jobs still need.
        job_s : float
            Mean seconds for which a job occupies a worker.
        """
        now_s = monotonic()
        if now_s > self._looked_s + _LOOK_S:
            self._tickets = {one: due_s for one, due_s in self._tickets.items() if now_s < due_s + _TICKET_S}
            self._looked_s = now_s
        has_ticket = ticket in self._tickets and now_s > self._tickets[ticket] - 1.0
        kept = self._most // 10 if self._tickets and not has_ticket else 0
        wait_s = (busy_s + self.cost_s) / workers
        if len(self._jobs) < self._most - kept and wait_s <= self._max_wait_s:
            return
        until_free_s = job_s / workers if len(self._jobs) >= self._most - kept else wait_s - self._max_wait_s
        again_s = math.ceil(until_free_s + random.uniform(0.0, max(1.0, 0.25 * until_free_s)))
        if len(self._tickets) < 10_000:
            self._tickets[ticket] = now_s + again_s
        raise Refused(
            f"the queue must have room for a new job; {units.counted(len(self._jobs), 'job')} of {self._most} wait, "
            f"for about {units.seconds(wait_s)}. Send the request again in {again_s} s.",
            Why.FULL,
            retry_after_s=again_s,
        )
