"""Run the pictures of a batch: an interruption loses no result, and a bad picture does not stop the batch.

The ledger, a SQLite file with the state of each picture, lies in the folder of the results. After Ctrl-C,
``kill -9`` or a loss of power, the same command continues the batch.
"""

from __future__ import annotations

import errno
import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from typing import Any

from toolkit.contracts.outcome import Cause
from toolkit.core.errors import InvalidValue
from toolkit.core.files import written_whole
from toolkit.jobs.batch_plan import BatchPlan
from toolkit.jobs.batch_summary import BatchSummary, summary_of
from toolkit.jobs.folder_lock import only_batch_in
from toolkit.jobs.job import Claim, Ended, Job, State
from toolkit.jobs.ledger import Ledger
from toolkit.jobs.listing import Found, state_of
from toolkit.workers.executor import EXECUTORS
from toolkit.workers.item import Item, Outcome

LEDGER_NAME = ".atelier-batch.sqlite"
_TRIED_AGAIN = (Cause.TIMED_OUT, Cause.DIED, Cause.UNAVAILABLE, Cause.CANCELLED)
"""Causes of failures that may not occur again in another run, so that a new run tries these pictures again."""


def run_batch(
    plan: BatchPlan, *, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> BatchSummary:
    """Run every picture of a batch that has no result yet.

    Parameters
    ----------
    plan : BatchPlan
        The request: operation, input, folder for the results, and settings.
    on_progress : callable
        Function that receives the numbers of ended pictures and of all pictures, after each picture.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported
        The batch cannot start or continue: a wrong request, no pictures, or a folder that is read-only or was deleted.
        Finished results are kept.
    """
    plan.check()
    started_s = time.time()
    is_new = not plan.out.exists()
    listed = plan.pictures()
    first = next(listed, None)
    if first is None:
        raise InvalidValue(f"IN must hold picture files; got {plan.source!r}, which holds none.")
    _make(plan.out)
    try:
        with only_batch_in(plan.out), Ledger(plan.out / LEDGER_NAME) as ledger:
            batch = _Batch(plan, ledger)
            batch.queue(first, listed)
            batch.run(on_progress)
            remarks = tuple(batch.remarks)
            return summary_of(ledger, since_s=started_s, wall_s=time.time() - started_s, remarks=remarks)
    except BaseException:
        if is_new:
            _remove_if_unused(plan.out)
        raise


class _Known(Enum):
    """State of a picture when a batch starts: not finished, finished, or finished but changed since then."""

    QUEUED = auto()
    ENDED = auto()
    CHANGED = auto()


class _Batch:
    """The pictures of one batch, with the ledger (SQLite file) that holds their states."""

    def __init__(self, plan: BatchPlan, ledger: Ledger) -> None:
        self._plan, self._ledger = plan, ledger
        self._claims: dict[int, Claim] = {}
        self._n_ended = self._total = 0
        self._on_progress: Callable[[int, int], None] = lambda done, total: None
        self.remarks: list[str] = []

    def queue(self, first: tuple[Found, str], rest: Iterator[tuple[Found, str]]) -> None:
        """Add new pictures to the ledger, queue changed pictures again, and delete the jobs of missing pictures."""
        ledger, plan = self._ledger, self._plan
        identity = plan.identity()
        is_other = ledger.about().get("identity", identity) != identity
        n_outdated = ledger.counts()[State.DONE] if is_other else 0
        if ledger.give_back_silent(silent_s=0.0):
            self._sweep_parts()
        has_jobs = any(ledger.counts().values())
        known = Counter[_Known]()
        listed: set[int] = set()  # hashes of file names, which take less memory than names
        with ledger.transaction():
            if is_other:
                ledger.start_over()
            for found, result in _chained(first, rest):
                job = ledger.job_named(found.name) if has_jobs else None
                if has_jobs:
                    listed.add(hash(found.name))
                known[self._queue_one(found, result, job)] += 1
            if has_jobs:
                ledger.forget_unfinished(lambda name: hash(name) not in listed)
        ledger.describe(identity=identity, operation=plan.work.operation)
        self._remark(n_outdated=n_outdated, n_ended=known[_Known.ENDED], n_changed=known[_Known.CHANGED])

    def _queue_one(self, found: Found, result: str, job: Job | None) -> _Known:
        """Queue a picture, unless its job has ended and neither the picture nor its result has changed."""
        task = {"path": str(found.path), "result": result}
        if job is None or job.result != result:
            self._require_free(result)
        if job is None:
            self._ledger.add(found.name, task, signature=found.state)
            return _Known.QUEUED
        is_ended = job.state in (State.DONE, State.FAILED)
        is_gone = job.state == State.DONE and not (self._plan.out / result).exists()
        has_changed = job.signature != found.state or is_gone
        if is_ended and not has_changed and job.cause not in _TRIED_AGAIN:
            return _Known.ENDED
        if is_ended or job.state is State.QUEUED:
            self._ledger.queue_again(job.id, task, signature=found.state)
        return _Known.CHANGED if is_ended and has_changed else _Known.QUEUED

    def _remark(self, *, n_outdated: int, n_ended: int, n_changed: int) -> None:
        """Add the sentences that tell the user which results of earlier runs are kept or made again."""
        if n_outdated:
            self.remarks.append(
                f"Settings, sources or weights have changed since the last run: {n_outdated} results are made again."
            )
        if n_ended:
            self.remarks.append(
                f"{n_ended} pictures were finished by an earlier run of this job, which continues."
            )
        if n_changed:
            self.remarks.append(
                f"{n_changed} input pictures or results have changed since the last run; their results are made again."
            )

    def _require_free(self, result: str) -> None:
        """Raise InvalidValue if the result would replace a file that no batch has written."""
        path = self._plan.out / result
        if os.path.lexists(path):
            raise InvalidValue(
                f"OUT must hold no file with the name of a result unless a batch has written it; got {str(path)!r}. "
                "Move the file away, or name another folder."
            )

    def run(self, on_progress: Callable[[int, int], None]) -> None:
        """Run the pictures whose jobs are queued in the job database (ledger)."""
        plan, counts = self._plan, self._ledger.counts()
        total = sum(counts.values())
        self._on_progress, self._total = on_progress, total
        self._n_ended = total - counts[State.QUEUED]
        on_progress(self._n_ended, total)
        if not counts[State.QUEUED]:
            return
        settings: dict[str, Any] = {"timeout_s": plan.timeout_s, **plan.options}
        with EXECUTORS[plan.executor].open(plan.work, workers=plan.workers, **settings) as pool:
            while self._n_ended < total:  # a picture that changed while it was read is queued again
                for outcome in pool.run(self._items()):
                    self._end(outcome)

    def _items(self) -> Iterator[Item]:
        made: set[Path] = set()
        while (claim := self._ledger.claim()) is not None:
            if not (self._plan.out / LEDGER_NAME).exists():
                raise InvalidValue(
                    f"the folder OUT was deleted while the batch ran: {str(self._plan.out)!r}."
                )
            path, result = Path(claim.task["path"]), claim.task["result"]
            folder = (self._plan.out / result).parent
            if folder not in made:
                _make(folder)
                made.add(folder)
            if self._is_copied(claim, path, result):
                self._count()
                continue
            self._claims[claim.id] = claim
            yield Item(index=claim.id, source=path, target=self._plan.target(result))

    def _is_copied(self, claim: Claim, path: Path, result: str) -> bool:
        """Copy the result of an identical picture, if there is one; returns whether a result was copied."""
        try:
            content = path.read_bytes()
        except OSError:
            return False  # the worker reports why the picture cannot be read
        digest = hashlib.sha256(content).hexdigest()
        known = self._ledger.result_of(digest)
        if known is None or os.path.splitext(known[1]["result"])[1] != os.path.splitext(result)[1]:
            return False
        output_hash, task = known
        try:
            made = (self._plan.out / task["result"]).read_bytes()
            if hashlib.sha256(made).hexdigest() != output_hash:
                return False
            with written_whole(self._plan.out / result) as part:
                part.write_bytes(made)
        except OSError:
            return False
        return self._ledger.finish(
            claim, Ended(input_hash=digest, output_hash=output_hash, is_cached=True, seconds=0.0)
        )

    def _end(self, outcome: Outcome) -> None:
        claim = self._claims.pop(outcome.index)
        path = Path(claim.task["path"])
        if outcome.cause is Cause.UNWRITABLE and (
            _is_disk_full(outcome) or not self._is_alone_at_fault(claim)
        ):
            self._ledger.give_back(claim)
            raise InvalidValue(
                f"OUT must be writable; {outcome.error.rstrip('.')}. Finished results are kept: free some space or "
                "repair the folder, and repeat the command to continue."
            )
        now = state_of(path)
        if now and now != claim.signature:
            if claim.attempt < 3:
                self._ledger.give_back(claim, signature=now)
                return
            outcome = Outcome(
                index=outcome.index, error="the picture changes while it is read.", cause=Cause.RAISED
            )
        is_unread = outcome.cause is Cause.RAISED and "run" not in outcome.stages_s
        ended = Ended(
            error=outcome.error,
            cause="unreadable" if is_unread else str(outcome.cause),
            input_hash=outcome.input_digest,
            output_hash=outcome.digest,
            seconds=sum(value for name, value in outcome.stages_s.items() if name != "wait"),
            stages_s=outcome.stages_s,
            deaths=outcome.deaths,
        )
        self._ledger.finish(claim, ended)
        self._count()

    def _count(self) -> None:
        self._n_ended += 1
        self._on_progress(self._n_ended, self._total)

    def _is_alone_at_fault(self, claim: Claim) -> bool:
        """Whether only this result cannot be written: another file can be written to the same folder."""
        try:
            with written_whole((self._plan.out / claim.task["result"]).parent / ".atelier-probe") as part:
                part.write_bytes(bytes(1 << 16))
            (self._plan.out / claim.task["result"]).parent.joinpath(".atelier-probe").unlink()
        except OSError:
            return False
        return True

    def _sweep_parts(self) -> None:
        """Remove partly written files that a killed run has left."""
        for part in self._plan.out.rglob(".atelier-*.part"):
            with suppress(OSError):
                part.unlink()


def _is_disk_full(outcome: Outcome) -> bool:
    """Whether a result could not be written because the disk, or the user's share of it, is full."""
    return any(os.strerror(number) in outcome.error for number in (errno.ENOSPC, errno.EDQUOT))


def _chained(first: tuple[Found, str], rest: Iterator[tuple[Found, str]]) -> Iterator[tuple[Found, str]]:
    yield first
    yield from rest


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidValue(
            f"OUT must be a folder that exists or can be made; got {str(folder)!r} ({error.strerror}). "
            "Choose another folder."
        ) from None


def _remove_if_unused(folder: Path) -> None:
    """Remove a new folder for results if the batch has written nothing to it."""
    with suppress(OSError):
        inside = [path for path in folder.iterdir() if not path.name.startswith(".atelier-")]
        with Ledger(folder / LEDGER_NAME) as ledger:
            counts = ledger.counts()
            is_used = bool(inside) or counts[State.DONE] or counts[State.FAILED]
        if not is_used:
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()
