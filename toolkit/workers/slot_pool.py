"""A pool of slots (child processes): each slot has a thread that starts it, passes pictures to it and ends with it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace
from time import perf_counter

from toolkit.contracts.outcome import Cause
from toolkit.workers.executor import Pool, Work
from toolkit.workers.item import Item, Outcome, cancelled
from toolkit.workers.slot import Slot

_LOOK_S = 1.0  # interval, s, at which an idle slot checks whether its child process is alive

_RETIRE = object()
"""A queue entry in place of a picture: the slot (child process) that takes this entry ends."""

_log = logging.getLogger(__name__)

_Waiting = tuple[Item, "Future[Outcome]", float]


class SlotPool(Pool):
    """Slots (child processes with a thread each) that take pictures from one queue.

    Parameters
    ----------
    work : Work
        Operation with its settings, which every child process prepares.
    workers : int
        Number of slots.
    timeout_s : float or None
        Longest time for a picture, s; a child process that takes longer is killed.
    in_flight : int
        Largest number of pictures that are submitted and not finished.
    together : int
        Largest number of pictures that a slot takes for one call.
    longest_wait_s : float
        Longest time, s, for which the first picture of a call waits for further pictures.
    is_reused : bool
        Whether a child process runs several pictures; otherwise each call has a new child process.
    is_recycled : bool
        Whether a child process is replaced between calls when its memory has grown.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported, WorkerFailed
        The operation cannot be prepared.
    """

    def __init__(
        self,
        work: Work,
        *,
        workers: int,
        timeout_s: float | None,
        in_flight: int,
        together: int = 1,
        longest_wait_s: float = 0.0,
        is_reused: bool = True,
        is_recycled: bool = False,
    ) -> None:
        self._work, self._timeout_s, self._is_recycled = work, timeout_s, is_recycled
        self._together, self._longest_wait_s, self._is_reused = together, longest_wait_s, is_reused
        self._queue: queue.SimpleQueue[_Waiting | object] = queue.SimpleQueue()
        self._free = threading.Semaphore(in_flight)
        self._lock = threading.Lock()
        self._waiting: dict[int, Future[Outcome]] = {}
        self._running: dict[int, Slot] = {}
        self._stopped = set[int]()
        self._is_closed = False
        self._slots = [Slot(work, timeout_s=timeout_s) for _ in range(workers)]
        ready: list[Future[None]] = [Future() for _ in self._slots]
        self._n_wanted = workers
        pairs = zip(self._slots, ready, strict=True)
        self._threads = [self._thread_of(slot, future) for slot, future in pairs]
        for thread in self._threads:
            thread.start()
        try:
            for future in ready:
                future.result()
        except BaseException:
            self.close()
            raise

    @property
    def pids(self) -> list[int]:
        """Process ids of the child processes that are alive now."""
        return [pid for slot in list(self._slots) if (pid := slot.pid) is not None]

    @property
    def ready(self) -> int:
        """Number of child processes that are alive and prepared."""
        return sum(slot.is_ready for slot in list(self._slots))

    def resize(self, workers: int) -> bool:
        """Change the number of slots: new slots start in the background, surplus slots end when they are idle."""
        with self._lock:
            if self._is_closed:
                return False
            more = workers - self._n_wanted
            self._n_wanted = workers
            new = [Slot(self._work, timeout_s=self._timeout_s) for _ in range(more)]
            self._slots += new
            threads = [self._thread_of(slot, Future()) for slot in new]
            self._threads += threads
        for thread in threads:
            thread.start()
        for _ in range(-more):
            self._queue.put(_RETIRE)
        return True

    def _thread_of(self, slot: Slot, ready: Future[None]) -> threading.Thread:
        return threading.Thread(target=self._serve, args=(slot, ready), name="atelier-slot", daemon=True)

    def submit(self, item: Item) -> Future[Outcome]:
        """Submit a picture; the call waits while too many pictures are unfinished."""
        self._free.acquire()
        future: Future[Outcome] = Future()
        with self._lock:
            is_late = self._is_closed
            if not is_late:
                self._waiting[item.index] = future
        if is_late:
            self._tell(future, cancelled(item.index))
        else:
            self._queue.put((item, future, perf_counter()))
        return future

    def cancel(self, index: int) -> bool:
        """Stop a picture: a waiting picture leaves the queue, and the child process of a running picture is killed."""
        with self._lock:
            if slot := self._running.get(index):
                self._stopped.add(index)
                slot.stop(index)
                return True
            future = self._waiting.pop(index, None)
        if future is None:
            return False
        self._tell(future, cancelled(index))
        return True

    def close(self) -> None:
        """Kill the child processes and wait for their threads; pictures that have not ended are cancelled."""
        with self._lock:
            self._is_closed = True
            slots, threads = list(self._slots), list(self._threads)
        for slot in slots:
            slot.end()
        for _ in threads:
            self._queue.put(_RETIRE)
        for thread in threads:
            thread.join()
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for index, future in waiting.items():
            self._tell(future, cancelled(index))

    def _serve(self, slot: Slot, ready: Future[None]) -> None:
        """Body of a slot's thread, which outlives the child process: Linux kills a child with its starting thread."""
        try:
            slot.start()
            ready.set_result(None)
            if not self._is_reused:
                slot.renew()
            while (gathered := self._gathered(slot)) is not None:
                self._run(slot, gathered)
                if not self._is_reused:
                    slot.renew()
                elif self._is_recycled and slot.has_grown:
                    _log.warning("a worker whose memory has grown is replaced")
                    slot.renew()
                if self._is_reused:
                    slot.revive()
        except BaseException as error:
            with suppress(InvalidStateError):
                ready.set_exception(error)
        finally:
            slot.close()
            with self._lock:
                self._slots.remove(slot)

    def _gathered(self, slot: Slot) -> list[_Waiting] | None:
        """The pictures of the next call; None if the pool is closed. A dead child process is replaced meanwhile."""
        first = self._first(slot)
        if not isinstance(first, tuple) or self._is_closed:
            return None
        found, end = [first], perf_counter() + self._longest_wait_s
        while len(found) < self._together:
            try:
                more = self._queue.get(timeout=max(0.0, end - perf_counter()))
            except queue.Empty:
                break
            if not isinstance(more, tuple):
                self._queue.put(more)
                break
            found.append(more)
        return found

    def _first(self, slot: Slot) -> _Waiting | object:
        while True:
            with suppress(queue.Empty):
                return self._queue.get(timeout=_LOOK_S)
            if self._is_reused:
                slot.revive()

    def _run(self, slot: Slot, gathered: Sequence[_Waiting]) -> None:
        with self._lock:
            known = [one for one in gathered if self._waiting.get(one[0].index) is one[1]]
            for item, _, _ in known:
                del self._waiting[item.index]
            mine = [one for one in known if one[1].set_running_or_notify_cancel()]
            self._running |= {item.index: slot for item, _, _ in mine}
        for _ in range(len(known) - len(mine)):
            self._free.release()
        if not mine:
            return
        began = perf_counter()
        items = [item for item, _, _ in mine]
        try:
            outcomes = slot.run(items)
        except Exception as error:  # even after a defect of Atelier the caller gets an outcome
            said = f"{type(error).__name__}: {error}"
            outcomes = [Outcome(index=item.index, error=said, cause=Cause.RAISED) for item in items]
        with self._lock:
            for item in items:
                del self._running[item.index]
            slot.forget(*(item.index for item in items))
            stopped = {item.index for item in items} & self._stopped
            self._stopped -= stopped
        outcomes = [cancelled(one.index) if one.index in stopped else one for one in outcomes]
        for (_, future, submitted_s), outcome in zip(mine, outcomes, strict=True):
            stages_s = {"wait": began - submitted_s, **outcome.stages_s}
            self._tell(future, replace(outcome, stages_s=stages_s, started_s=submitted_s))

    def _tell(self, future: Future[Outcome], outcome: Outcome) -> None:
        self._free.release()
        with suppress(InvalidStateError):  # the caller has cancelled the future
            future.set_result(outcome)
