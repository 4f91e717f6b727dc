"""The slots (child processes) of one client on a Dask or Celery worker, one for each picture that runs at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from toolkit.contracts.outcome import Cause
from toolkit.core.errors import Unavailable
from toolkit.workers.executor import Work
from toolkit.workers.item import Item, Outcome, cancelled
from toolkit.workers.process import WorkerFailed
from toolkit.workers.slot_pool import SlotPool

_MOST_TRIES = 4  # attempts to start a slot; in each attempt, several child processes may die


class ClientSlots:
    """Slots (child processes) for one operation; a new slot starts when all other slots are busy.

    Parameters
    ----------
    work : Work
        Operation with its settings, which every child process prepares once.
    timeout_s : float or None
        Longest time for one picture, s; None: no limit.
    content_id : str
        `Work.content_id` on the computer of the client: the weights and models on this machine must give the same
        hash.
    on_close : callable
        Function that is called when `close` ends the slots.
    """

    def __init__(
        self,
        work: Work,
        timeout_s: float | None,
        *,
        content_id: str,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self._work, self._timeout_s, self._on_close = work, timeout_s, on_close
        work.load_plugins()
        self._has_the_same_files = work.content_id == content_id
        self._lock = threading.Lock()
        self._idle: list[SlotPool] = []
        self._all: list[SlotPool] = []
        self._is_closed = False
        self._stopped = set[int]()

    def take(self) -> SlotPool:
        """Return an idle slot (child process) or a new slot, as a `SlotPool` that has one slot and one thread."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        if not self._has_the_same_files:
            raise Unavailable(
                f"the files of operation {self._work.operation!r} on this worker (weights, models, "
                "sources) must equal the files on the computer that sends the pictures; these files "
                "differ. Copy the files to the worker."
            )
        slot = self._new_slot()
        with self._lock:
            self._all.append(slot)
            is_closed = self._is_closed
        if is_closed:
            slot.close()
        return slot

    def _new_slot(self) -> SlotPool:
        """Start a slot; if its child process dies at the start, try again, because no picture can be the cause."""
        for _ in range(_MOST_TRIES - 1):
            try:
                return SlotPool(self._work, workers=1, timeout_s=self._timeout_s, in_flight=1)
            except WorkerFailed as error:
                if error.cause is not Cause.DIED:
                    raise
        return SlotPool(self._work, workers=1, timeout_s=self._timeout_s, in_flight=1)

    def give_back(self, slot: SlotPool) -> None:
        """Keep an idle slot, with its child process, for the next picture."""
        with self._lock:
            self._idle.append(slot)

    def run(self, slot: SlotPool, item: Item) -> Outcome:
        """Run a picture in a slot (child process), unless the picture was stopped."""
        if item.index not in self._stopped:
            future = slot.submit(item)
            if item.index in self._stopped:
                slot.cancel(item.index)
            return future.result()
        self._stopped.discard(item.index)
        return cancelled(item.index)

    def stop(self, index: int) -> None:
        """Kill the child process that runs a picture; a picture that has not started will not run."""
        with self._lock:
            self._stopped.add(index)
            slots = list(self._all)
        for slot in slots:
            if slot.cancel(index):
                self._stopped.discard(index)

    def end_one_idle(self) -> bool:
        """End an idle slot to free its memory; returns whether there was an idle slot."""
        with self._lock:
            if not self._idle:
                return False
            slot = self._idle.pop(0)
            self._all.remove(slot)
        slot.close()
        return True

    @property
    def pids(self) -> list[int]:
        """Process ids of the child processes of all slots."""
        with self._lock:
            return [pid for slot in self._all for pid in slot.pids]

    def __len__(self) -> int:
        """Number of slots."""
        return len(self._all)

    def close(self) -> None:
        """Kill the child processes of all slots."""
        self._on_close()
        with self._lock:
            self._is_closed = True
            slots, self._all, self._idle = self._all, [], []
        for slot in slots:
            slot.close()
