"""Send the jobs of a queue to a pool of workers, and write the outcome of each job into the job database (ledger)."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from toolkit.contracts.outcome import Cause
from toolkit.jobs.job import Ended
from toolkit.jobs.job_news import Running
from toolkit.jobs.queue import JobQueue
from toolkit.workers.executor import Pool
from toolkit.workers.item import FileTarget, Item, Outcome

_LOOK_S = 0.2  # interval at which the dispatcher checks whether workers are ready, s
_MOST_HOSTS_LOST = 5
_QUALITY = {".jpg": 92, ".webp": 90}

_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class _Going:
    """A job whose operations run in the pool of workers, with the outcomes of its operations so far."""

    running: Running
    indices: list[int]
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def operations(self) -> dict[int, str]:
        """The name of each operation of the job, by the index under which the pool of workers runs the operation."""
        names = (work.operation for work in self.running.asked.works)
        return dict(zip(self.indices, names, strict=True))


class Dispatcher:
    """A thread that claims jobs as workers become free; a context manager.

    Parameters
    ----------
    queue : JobQueue
        The jobs of the service.
    pool : Pool
        The workers that run the jobs.
    workers : int
        Number of jobs that may run at the same time; for a pool whose workers come and go, the largest such number.
    deadline_s : (float, float)
        Bounds of the time limit of an operation: the limit is ten times the estimated time of the operation, within
        these bounds. An operation that takes longer is stopped by killing its worker.
    """

    def __init__(
        self, queue: JobQueue, pool: Pool, *, workers: int, deadline_s: tuple[float, float] = (30.0, 600.0)
    ) -> None:
        self._queue, self._pool, self.workers, self._most = queue, pool, workers, workers
        self._deadline_s = deadline_s
        self._going: dict[int, _Going] = {}
        self._serials = itertools.count(1)
        self._is_closed = False
        self._lost: Counter[int] = Counter()
        self.deaths: Counter[str] = Counter()
        """Number of workers that died since the start, by cause."""
        self._thread = threading.Thread(target=self._run, name="atelier-dispatcher", daemon=True)

    def __enter__(self) -> Dispatcher:
        self._count_workers()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        with self._queue.lock:
            self._is_closed = True
            self._queue.has_work.notify_all()
        self._thread.join()

    def stop(self, running: Running) -> None:
        """Stop a job that was cancelled while it ran."""
        with self._queue.lock:
            going = self._going.get(running.claim.id)
            indices = [] if going is None else going.indices
        for index in indices:
            self._pool.cancel(index)

    def drain(self, *, longest_s: float) -> bool:
        """Let the running jobs end, and start no other job; returns whether all jobs ended in time."""
        self._queue.drain()
        end_s = time.monotonic() + longest_s
        while self._going and time.monotonic() < end_s:
            time.sleep(0.02)
        return not self._going

    def _run(self) -> None:
        queue = self._queue
        while True:
            with queue.lock:
                while not self._is_closed and not self._may_claim():
                    queue.has_work.wait(_LOOK_S)
                    self._count_workers()
                if self._is_closed:
                    return
                running = self._claimed()
                if running is None:
                    queue.has_work.wait(_LOOK_S)
                    continue
            self._send(running)

    def _claimed(self) -> _Going | None:
        """The next job, if a worker is free for it; the caller holds the lock of the queue."""
        if not self._may_claim():
            return None
        running = self._queue.claim()
        if running is None:
            return None
        going = _Going(running=running, indices=[next(self._serials) for _ in running.asked.works])
        self._going[running.claim.id] = going
        return going

    def _may_claim(self) -> bool:
        is_open = not (self._is_closed or self._queue.is_draining)
        return is_open and self._queue.workers > 0 and len(self._going) < self.workers

    def _count_workers(self) -> None:
        """Count the workers whose process is alive, if the pool of workers can count them."""
        alive = self._pool.ready
        if alive is not None and self._pool.comes_and_goes:
            self.workers = max(1, min(alive, self._most))
        self._queue.note_workers(self.workers if alive is None else min(alive, self.workers))

    def _send(self, going: _Going) -> None:
        claim, asked, folder = going.running.claim, going.running.asked, self._queue.folder
        n_px = asked.width * asked.height
        for index, work in zip(going.indices, asked.works, strict=True):
            path = folder.result(claim.name, claim.attempt, work.operation, asked.suffix)
            item = Item(
                index=index,
                source=folder.upload(asked),
                target=FileTarget(path=path, suffix=asked.suffix, quality=_QUALITY.get(asked.suffix)),
                work=work,
                timeout_s=self._deadline(self._queue.costs.run_s(work, n_px=n_px)),
                attempt=claim.attempt,
            )
            try:
                future = self._pool.submit(item)
            except Exception as error:  # the pool can no longer run pictures
                self._note(going, Outcome(index=index, error=str(error), cause=Cause.UNAVAILABLE))
                continue
            future.add_done_callback(
                lambda done, index=index: self._note(going, _outcome(done, index), goes_on=True)
            )

    def _deadline(self, estimate_s: float | None) -> float:
        least_s, longest_s = self._deadline_s
        return longest_s if estimate_s is None else min(max(10.0 * estimate_s, least_s), longest_s)

    def _note(self, going: _Going, outcome: Outcome, *, goes_on: bool = False) -> None:
        """Record the outcome of an operation; the thread of a worker calls this method.

        Parameters
        ----------
        goes_on : bool
            Whether the calling thread also sends the next job to the pool, so that the free worker does not wait for
            the dispatcher's thread.
        """
        running = going.running
        with self._queue.lock:
            going.outcomes.append(outcome)
            if outcome.is_ok:
                running.done.add(going.operations[outcome.index])
            if len(going.outcomes) < len(going.indices):
                return
        try:
            self._end(going)
        except Exception:
            _log.exception("the end of job %s cannot be written to the job database", running.claim.name)
        with self._queue.lock:
            self._going.pop(running.claim.id, None)
            following = self._claimed() if goes_on else None
            if following is None:
                self._queue.has_work.notify_all()
        if following is not None:
            self._send(following)

    def _end(self, going: _Going) -> None:
        running, queue = going.running, self._queue
        claim, asked = running.claim, running.asked
        for outcome in going.outcomes:
            self.deaths.update(outcome.deaths)
        failed = next((one for one in going.outcomes if not one.is_ok), None)
        if failed is not None and not running.is_stopping:
            if failed.cause is Cause.CANCELLED:  # the pool is closing, so the job is queued again
                queue.give_back(running)
                return
            self._lost[claim.id] += failed.cause is Cause.UNAVAILABLE
            if failed.cause is Cause.UNAVAILABLE and self._lost[claim.id] < _MOST_HOSTS_LOST:
                queue.give_back(running)
                return
        self._lost.pop(claim.id, None)
        ended = Ended(
            error="" if failed is None else self._sentence(running, failed),
            cause="" if failed is None else str(failed.cause),
            input_hash=asked.digest,
            seconds=sum(_spent(one) for one in going.outcomes),
            stages_s=self._stages(going),
            deaths=sum((Counter(one.deaths) for one in going.outcomes), Counter()),
        )
        if queue.finish(running, ended) and failed is None:
            for work in asked.works:
                result = queue.folder.result(claim.name, claim.attempt, work.operation, asked.suffix)
                queue.cache.keep(asked, work, result)

    def _stages(self, going: _Going) -> Mapping[str, float]:
        """Seconds of each stage, summed over the operations of a job, and seconds of each operation by its name."""
        found: Counter[str] = Counter()
        operations = going.operations
        for outcome in going.outcomes:
            found.update({name: s for name, s in outcome.stages_s.items() if name != "wait"})
            found[operations[outcome.index]] = _spent(outcome)
        return dict(found)

    def _sentence(self, running: Running, outcome: Outcome) -> str:
        """The error message of an operation, without paths of this machine."""
        picture = self._queue.folder.upload(running.asked)
        said = outcome.error.replace(repr(str(picture)), repr(running.asked.picture_name))
        said = said.replace(str(self._queue.folder.path), "DATA")
        return f"timed out: {said}" if outcome.cause is Cause.TIMED_OUT else said


def _spent(outcome: Outcome) -> float:
    return sum(seconds for name, seconds in outcome.stages_s.items() if name != "wait")


def _outcome(done: Future[Outcome], index: int) -> Outcome:
    if done.cancelled():
        return Outcome(index=index, error="the job was cancelled before it ended.", cause=Cause.CANCELLED)
    error = done.exception()
    if error is not None:
        return Outcome(index=index, error=str(error), cause=Cause.UNAVAILABLE)
    return done.result()
