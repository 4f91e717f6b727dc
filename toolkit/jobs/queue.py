"""The jobs of a service: accept a job if the queue has room, claim, finish, cancel or requeue a job, and report on it.

The job database (ledger) holds the state of all jobs; from this state, the queued and running jobs in memory can be
restored.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import threading
import time
from collections.abc import Callable, Mapping

from toolkit.jobs.asked import Asked, JobFolder
from toolkit.jobs.costs import Costs
from toolkit.jobs.job import Ended, Record, State
from toolkit.jobs.job_news import Change, Running, Told
from toolkit.jobs.result_cache import ResultCache
from toolkit.jobs.service_ledger import ServiceLedger
from toolkit.jobs.waiting_line import Refused, Waiting, WaitingLine, Why

_SECRET = "secret of names"
_GAP_S = 15.0
"""Time, s, for which jobs are accepted without a worker, because a killed worker is replaced within seconds."""


class JobQueue:
    """The jobs in the folder of a service; every method may be called from any thread.

    Parameters
    ----------
    folder : JobFolder
        Folder of the service, with its job database (ledger) and its pictures.
    most_waiting : int
        Largest number of queued jobs.
    max_wait_s : float
        Longest estimated wait, s; a job that would wait longer is refused.
    cache : ResultCache
        Results of earlier jobs, which are reused for equal requests.
    on_change : callable
        Function that is called after each change of a job's state, in the thread that made the change.
    """

    def __init__(
        self,
        folder: JobFolder,
        *,
        most_waiting: int,
        max_wait_s: float,
        cache: ResultCache,
        on_change: Callable[[Change], None] = lambda change: None,
    ) -> None:
        self.folder, self.costs, self.cache, self.on_change = folder, Costs(), cache, on_change
        self.ledger = ServiceLedger(folder.ledger)
        self.lock = threading.RLock()
        self.has_work = threading.Condition(self.lock)
        self.running: dict[int, Running] = {}
        self.is_draining = False
        self.workers = 0
        self._no_worker_since_s = -math.inf
        self.n_given_back = self.ledger.give_back_silent(silent_s=0.0)
        self._line = WaitingLine(most=most_waiting, max_wait_s=max_wait_s)
        self._remember()

    def _remember(self) -> None:
        about = self.ledger.about()
        if _SECRET not in about:
            self.ledger.describe(**{_SECRET: secrets.token_hex(16)})
            about = self.ledger.about()
        self._secret = about[_SECRET].encode()
        for record in reversed(self.ledger.latest_done(200)):
            self._learn(Asked.from_task(record.task), record.stages_s, record.seconds or 0.0)
        for record in self.ledger.queued():
            self._line.add(
                record.id, self._waiting(record.name, Asked.from_task(record.task), record.queued_s)
            )

    def _waiting(self, name: str, asked: Asked, since_s: float) -> Waiting:
        cost_s = self.costs.works_s(asked.works, n_px=asked.width * asked.height)
        return Waiting(name=name, cost_s=cost_s, since_s=since_s)

    def name_for(self, key: str) -> str:
        """The name of the job with this ``Idempotency-Key``, or a new random name if the key is empty."""
        if not key:
            return secrets.token_urlsafe(16).replace("-", "a").replace("_", "b")
        return hmac.new(self._secret, key.encode(), hashlib.sha256).hexdigest()[:22]

    def require_place(self, ticket: str, *, key: str) -> None:
        """Raise `Refused` if a new job would be refused, whatever its picture is; a known key is never refused.

        The service calls this method before it reads the picture, so that a refused picture costs next to nothing.

        Parameters
        ----------
        ticket : str
            Text that is equal when a client repeats a request; see `WaitingLine.require_room`.
        key : str
            The ``Idempotency-Key``; ``""`` if there is none.
        """
        with self.lock:
            self._require_open()
            if not key or self.ledger.record(self.name_for(key)) is None:
                self._require_room(ticket)

    def submit(self, name: str, asked: Asked, *, ticket: str = "") -> Told:
        """Accept a job, or find the earlier job with the same name; the picture must be in the folder already.

        Raises
        ------
        Refused
            The service accepts no job now, or the ``Idempotency-Key`` belongs to another job.
        """
        with self.lock:
            known = self.ledger.record(name)
            if known is not None:
                return self._known(known, asked)
            self._require_open()
            task, signature = asked.to_task(), asked.signature
            if self.cache.give(name, asked, self.folder):
                self.ledger.add_done(name, task, signature=signature)
                self.on_change(Change(name=name, state=State.DONE, ended=Ended(is_cached=True)))
            else:
                self._require_room(ticket or name)
                self._line.use(ticket)
                number = self.ledger.add(name, task, signature=signature)
                self._line.add(number, self._waiting(name, asked, time.time()))
            found = self.told(name)
            assert found is not None
            self.has_work.notify_all()  # the last step, because the woken dispatcher needs the lock at once
            return found

    def _known(self, known: Record, asked: Asked) -> Told:
        if known.signature != asked.signature:
            wanted = "'Idempotency-Key' must be new for another picture or other settings"
            raise Refused(f"{wanted}; this key belongs to another job.", Why.KEY_REUSED)
        return self._told(known)

    def _require_open(self) -> None:
        if self.is_draining:
            said = "the service is shutting down and accepts no more jobs."
            raise Refused(said, Why.DRAINING, retry_after_s=10)

    def _require_room(self, ticket: str) -> None:
        if self.workers < 1 and time.monotonic() > self._no_worker_since_s + _GAP_S:
            raise Refused("no worker is ready; send the request again.", Why.NO_WORKER, retry_after_s=5)
        busy_s = sum(job.left_s for job in self.running.values())
        self._line.require_room(ticket, busy_s=busy_s, job_s=self.costs.job_s(), workers=max(1, self.workers))

    def note_workers(self, count: int) -> None:
        """Set the number of workers that are ready."""
        with self.lock:
            if self.workers > 0 and count == 0:
                self._no_worker_since_s = time.monotonic()
            self.workers = count

    def told(self, name: str) -> Told | None:
        """The answer to a client that asks for a job; None if no job has this name."""
        with self.lock:
            record = self.ledger.record(name)
            return None if record is None else self._told(record)

    def _told(self, record: Record) -> Told:
        asked = Asked.from_task(record.task)
        if record.is_ended:
            return Told(record=record, asked=asked, progress=float(record.state is State.DONE))
        with self.lock:
            running = self.running.get(record.id)
            workers = max(1, self.workers)
            if running is not None:
                return Told(
                    record=record,
                    asked=asked,
                    estimate_s=running.estimate_s,
                    progress=running.progress,
                    stage=running.stage,
                    is_stopping=running.is_stopping,
                )
            n_before, before_s = self._line.ahead(record.id)
            busy_s = sum(job.left_s for job in self.running.values())
        n_px, estimate_s = asked.width * asked.height, None
        if self.costs.knows(asked.works, n_px=n_px):
            estimate_s = (busy_s + before_s) / workers + self.costs.works_s(asked.works, n_px=n_px)
        return Told(record=record, asked=asked, position=n_before + 1, estimate_s=estimate_s)

    def claim(self) -> Running | None:
        """Start the next attempt at the job that has waited longest; None if no job waits."""
        with self.lock:
            claim = self.ledger.claim()
            if claim is None:
                return None
            waited = self._line.remove(claim.id)
            wait_s = 0.0 if waited is None else max(0.0, time.time() - waited.since_s)
            asked = Asked.from_task(claim.task)
            n_px = asked.width * asked.height
            running = self.running[claim.id] = Running(
                claim=claim,
                asked=asked,
                cost_s=self.costs.works_s(asked.works, n_px=n_px),
                is_known=self.costs.knows(asked.works, n_px=n_px),
            )
        self.on_change(Change(name=claim.name, state=State.RUNNING, wait_s=wait_s))
        return running

    def finish(self, running: Running, ended: Ended) -> bool:
        """End a job; returns False if the attempt has lost its job (see `Ledger.finish`)."""
        claim = running.claim
        with self.lock:
            is_ours = self.ledger.finish(claim, ended)
            self._forget(running)
        if is_ours:
            if not ended.error:
                self._learn(running.asked, ended.stages_s, ended.seconds or 0.0)
            state = State.FAILED if ended.error else State.DONE
            self.on_change(Change(name=claim.name, state=state, ended=ended))
        return is_ours

    def give_back(self, running: Running) -> None:
        """Queue a job again, because its machine was lost or the service is shutting down."""
        claim = running.claim
        with self.lock:
            self._forget(running)
            if self.ledger.give_back(claim) is not None:
                self._line.add(claim.id, self._waiting(claim.name, running.asked, time.time()))
                self.has_work.notify_all()
        self.on_change(Change(name=claim.name, state=State.QUEUED))

    def _forget(self, running: Running) -> None:
        if self.running.get(running.claim.id) is running:
            del self.running[running.claim.id]

    def cancel(self, name: str) -> tuple[State, Running | None] | None:
        """Cancel a job; returns its former state, and its attempt if the job ran; None if there is no such job."""
        with self.lock:
            record = self.ledger.record(name)
            if record is None:
                return None
            had = self.ledger.cancel(record.id)
            assert had is not None
            self._line.remove(record.id)
            running = self.running.get(record.id)
            if running is not None:
                running.is_stopping = True
        if had in (State.QUEUED, State.RUNNING):
            self.on_change(Change(name=name, state=State.CANCELLED))
        return had, running

    def expire(self, *, waited_s: float) -> None:
        """Expire the jobs that have waited longer than `waited_s` seconds."""
        with self.lock:
            names = {record.id: record.name for record in self.ledger.queued()}
            self.ledger.expire(waited_s=waited_s)
            left = {record.id for record in self.ledger.queued()}
            gone = [number for number in names if number not in left]
            for number in gone:
                self._line.remove(number)
        for number in gone:
            self.on_change(Change(name=names[number], state=State.EXPIRED))

    def pictures_in_use(self) -> set[str]:
        """Names of the uploads of jobs that have not ended."""
        with self.lock:
            running = {job.asked.picture for job in self.running.values()}
            return running | {Asked.from_task(record.task).picture for record in self.ledger.queued()}

    def drain(self) -> None:
        """Accept no further jobs."""
        with self.lock:
            self.is_draining = True
            self.has_work.notify_all()

    def load(self) -> Mapping[str, float]:
        """Numbers of waiting and running jobs, age of the oldest waiting job, and estimated wait of a new job, s."""
        with self.lock:
            busy_s = sum(job.left_s for job in self.running.values())
            return {
                "waiting": len(self._line),
                "running": len(self.running),
                "oldest_s": self._line.oldest_s(time.time()),
                "estimated_s": (busy_s + self._line.cost_s) / max(1, self.workers),
            }

    def close(self) -> None:
        """Close the job database (ledger)."""
        self.ledger.close()

    def _learn(self, asked: Asked, stages_s: Mapping[str, float], job_s: float) -> None:
        for work in asked.works:
            seconds = stages_s.get(work.operation)
            if seconds:
                self.costs.note_run(work, n_px=asked.width * asked.height, seconds=seconds)
        if job_s:
            self.costs.note_job(job_s)
