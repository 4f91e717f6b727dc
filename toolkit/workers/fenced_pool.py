"""A pool of Celery workers; records in Redis (fences) hold the state of each picture; a lost picture is sent again."""

from __future__ import annotations

import json
import math
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace
from itertools import count
from time import perf_counter
from typing import Any
from uuid import uuid4

from toolkit.contracts.outcome import Cause
from toolkit.core.errors import TrialFailed, Unavailable, Unsupported
from toolkit.workers.celery_queue import Messages, queue_name
from toolkit.workers.cluster import host_name, source_digest
from toolkit.workers.executor import Pool, PoolSettings, Work
from toolkit.workers.fence import (
    LEASE_S,
    MOST_BYTES,
    Fences,
    Seen,
    Stage,
    connected,
    lost_errors,
    n_threads,
    too_long,
    usable_workers,
    workers,
)
from toolkit.workers.item import Item, Outcome, cancelled
from toolkit.workers.packed import has_result, of_file, packed_item, unpacked_outcome
from toolkit.workers.travelling import Sent, written

SILENT_S = 5.0
"""Time, s, after which a running picture is sent again if its worker has given no sign of life (beat)."""
_UNTAKEN_S = 2.0  # s; a message not taken for so long is resent if later pictures run or no message waits
_LOOK_S = 0.25
_TRIAL_S, _COUNT_S = 30.0, 1.0
_PATIENCE_S = 60.0  # time, s, for which a pool without the option `patient` waits for a Redis server
_MOST_LOSSES = 5  # a picture fails after this many lost workers; a picture is seldom the cause of a loss


class FencedPool(Pool):
    """Sends pictures to Celery workers and receives their results.

    Parameters
    ----------
    work : Work
        Operation with its settings, which every Celery worker prepares.
    broker : str
        Address of the Redis server.
    settings : PoolSettings
        Settings with the options of executor `celery`; default of `in_flight`: two pictures for each worker thread.

    Raises
    ------
    InvalidValue, Unavailable, Unsupported, TrialFailed
        The Redis server cannot be reached, or a worker cannot prepare the operation; without a worker, pictures wait.
    """

    comes_and_goes = True

    def __init__(self, work: Work, broker: str, settings: PoolSettings) -> None:
        self._server, self._sends_paths = connected(broker), bool(settings.options["shared_folder"])
        self._patience_s = math.inf if settings.options["patient"] else _PATIENCE_S
        alive = usable_workers(self._server, sources=source_digest())
        self._fences = Fences(self._server, uuid4().hex[:12])
        self._queue = queue_name(source_digest())
        self._messages, self._sending = Messages(broker, self._queue), threading.Lock()
        asked = {"work": work.to_dict(), "content_id": work.content_id, "timeout_s": settings.timeout_s}
        self._asked = json.dumps(asked)
        self._lock = threading.Condition()
        self._going: dict[int, Sent] = {}
        self._serials, self._orders = count(), count(1)
        self._is_closed, self._lost = False, list[Unavailable]()
        self._count(alive)
        self._free = threading.Semaphore(settings.in_flight or max(2, 2 * self._n_threads))
        self._fences.hold(self._asked)
        self._carrier = threading.Thread(target=self._carry, name="atelier-carrier", daemon=True)
        self._carrier.start()
        if alive:
            try:
                self._try_to_prepare()
            except BaseException:
                self.close()
                raise

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers' child processes on this machine."""
        if self._is_closed:
            return []
        here = [one["pids"] for one in workers(self._server).values() if one["host"] == host_name()]
        return sorted({pid for pids in here for pid in pids.get(self._fences.client, ())})

    @property
    def ready(self) -> int:
        """Number of threads of the living workers, counted each second; 0 while the Redis server does not answer."""
        return self._n_threads

    @property
    def _running(self) -> list[int]:
        with self._lock:
            return [serial for serial, one in self._going.items() if one.stage == Stage.RUNNING]

    def submit(self, item: Item) -> Future[Outcome]:
        """Submit a picture; waits while too many pictures are unfinished; raises `Unavailable` if Redis was lost."""
        self._free.acquire()
        if self._lost:
            self._free.release()
            raise self._lost[0]
        return self._handed_in(item)

    def _handed_in(self, item: Item, *, is_trial: bool = False) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        going = Sent(item, next(self._serials), future, perf_counter(), is_trial=is_trial)
        with self._lock:
            if self._is_closed:
                self._free.release()
                future.set_result(cancelled(item.index))
                return future
            future.set_running_or_notify_cancel()  # cancelling a future does not withdraw the message of its picture
            self._going[going.serial] = going
        self._send(going)
        return future

    def cancel(self, index: int) -> bool:
        """Stop a picture: no worker starts the picture any more, and a child process that runs it is killed."""
        with self._lock:
            found = next((one for one in self._going.values() if one.item.index == index), None)
        if found is None or found.future.done():
            return False
        with suppress(*lost_errors()):
            self._fences.cancel(found.serial)
        self._tell(found, cancelled(index))
        return True

    def close(self) -> None:
        """Cancel all pictures; the child processes on the workers end within a few seconds."""
        with self._lock:
            self._is_closed = True
            left = list(self._going.values())
        self._carrier.join()
        with suppress(*lost_errors()):
            for going in left:
                self._fences.cancel(going.serial)
            self._fences.let_go()
        for going in left:
            self._tell(going, cancelled(going.item.index))
        self._messages.close()
        self._server.close()

    def _try_to_prepare(self) -> None:
        """Let a worker prepare the operation, and raise the worker's error; do nothing if no answer comes in 30 s."""
        self._free.acquire()
        trial = self._handed_in(Item(index=-1, source=b""), is_trial=True)
        try:
            outcome = trial.result(timeout=_TRIAL_S)
        except TimeoutError:
            self.cancel(-1)
            return
        kinds = {Cause.UNAVAILABLE: Unavailable, Cause.UNSUPPORTED: Unsupported}
        if outcome.error and outcome.cause is not Cause.CANCELLED:
            raise kinds.get(outcome.cause, TrialFailed)(outcome.error)

    def _send(self, going: Sent) -> None:
        """Write the record of a picture in Redis and send its message, or do both later if Redis does not answer."""
        try:
            item = going.item if self._sends_paths else going.with_content()
        except OSError as error:
            said = f"picture {str(going.item.source)!r} cannot be read: {error.strerror}."
            return self._tell(going, Outcome(index=going.item.index, error=said, cause=Cause.RAISED))
        plain, content = packed_item(item)
        if content is not None and len(content) > MOST_BYTES:
            said = too_long("picture", len(content))
            return self._tell(going, Outcome(index=going.item.index, error=said, cause=Cause.UNSUPPORTED))
        told = json.dumps({**plain, "is_trial": going.is_trial})
        try:
            self._fences.put(going.serial, going.attempt, told, content)
            self._message(going)
        except lost_errors():
            going.sent_s = 0.0
        return None

    def _message(self, going: Sent) -> None:
        with self._sending:
            self._messages.send(self._fences.client, going.serial, going.attempt)
        going.order, going.sent_s, going.stage = next(self._orders), time.monotonic(), Stage.WAITING

    def _carry(self) -> None:
        """Body of the thread that receives outcomes, renews the client's sign of life and resends lost pictures."""
        heard_s = looked_s = time.monotonic()
        while not self._is_closed:
            try:
                for told in self._fences.next_outcomes(_LOOK_S):
                    self._take(told)
                if time.monotonic() - looked_s >= _LOOK_S:
                    self._fences.hold(self._asked)
                    self._look()
                    if time.monotonic() - self._counted_s > _COUNT_S:
                        self._count(workers(self._server))
                    looked_s = time.monotonic()
                heard_s = time.monotonic()
            except lost_errors() as error:
                silent_s = time.monotonic() - heard_s
                if silent_s > LEASE_S:
                    self._n_threads = 0
                if silent_s > self._patience_s:
                    return self._give_up(error)
                time.sleep(_LOOK_S)
        return None

    def _count(self, alive: Mapping[str, dict[str, Any]]) -> None:
        self._counted_s, self._n_threads = time.monotonic(), n_threads(alive, sources=source_digest())

    def _take(self, told: dict[str, Any]) -> None:
        """Process the result or error of a picture that has arrived; the outcome of an earlier attempt is dropped."""
        serial, attempt = told.pop("serial"), told.pop("attempt")
        going = self._going.get(serial)
        if going is None or going.attempt != attempt:
            return
        outcome = unpacked_outcome(told, self._fences.result(serial, attempt))
        is_whole = going.is_trial or self._sends_paths or has_result(outcome)
        if outcome.cause is Cause.CANCELLED or not is_whole:
            return self._again(going)  # the picture's worker is ending, or Redis has lost the result
        outcome = replace(outcome, index=going.item.index)
        if going.read_s is not None:
            outcome = of_file(outcome, going.item.source, read_s=going.read_s)
        self._tell(going, outcome if self._sends_paths else written(going.item, outcome))
        self._fences.forget(serial, attempt)
        return None

    def _look(self) -> None:
        """Compare the record of every picture in Redis with the message that was sent, to find lost pictures."""
        with self._lock:
            going = list(self._going.values())
        if not going:
            return
        seen = self._fences.seen([one.serial for one in going])
        is_queue_empty = not self._server.llen(self._queue)
        newest = 0
        for one, fence in zip(going, seen, strict=True):
            one.stage = Stage.WAITING if fence is None else fence.stage
            if one.stage in (Stage.RUNNING, Stage.ENDED):
                newest = max(newest, one.order)
        for one, fence in zip(going, seen, strict=True):
            self._mend(one, fence, is_overtaken=is_queue_empty or one.order < newest)

    def _mend(self, going: Sent, fence: Seen | None, *, is_overtaken: bool) -> None:
        """Send a picture again if its message, its worker or its record in Redis was lost."""
        now = time.monotonic()
        if going.future.done():
            return
        if not going.sent_s:
            self._send(going)
        elif fence is None:
            if now - going.sent_s > _LOOK_S:  # a restarted Redis has no record of this picture
                self._again(going)
        elif fence.stage == Stage.RUNNING and fence.silent_s > SILENT_S:
            going.deaths["worker lost"] += 1
            if going.deaths.total() >= _MOST_LOSSES:
                said = f"{_MOST_LOSSES} workers were lost while they ran this picture."
                self._fences.cancel(going.serial)
                self._tell(going, Outcome(index=going.item.index, error=said, cause=Cause.DIED))
            else:
                self._again(going)
        elif fence.stage == Stage.WAITING and is_overtaken and now - going.sent_s > _UNTAKEN_S:
            self._message(going)  # a worker received the message, and was lost before it started the picture

    def _again(self, going: Sent) -> None:
        going.attempt += 1
        self._send(going)

    def _tell(self, going: Sent, outcome: Outcome) -> None:
        with self._lock:
            if self._going.pop(going.serial, None) is None:
                return
        self._free.release()
        deaths = Counter(outcome.deaths) + going.deaths
        with suppress(InvalidStateError):
            finished_s = perf_counter()
            going.future.set_result(
                replace(outcome, deaths=deaths, started_s=going.since_s, finished_s=finished_s)
            )

    def _give_up(self, error: Exception) -> None:
        self._lost.append(Unavailable(f"the Redis server of the workers no longer answers: {error}."))
        with self._lock:
            left, self._going = list(self._going.values()), {}
        for going in left:
            self._free.release()
            with suppress(InvalidStateError):
                going.future.set_exception(self._lost[0])
