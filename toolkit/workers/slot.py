"""A slot: one child process that keeps an operation prepared, runs pictures, and is replaced when it dies."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil

from toolkit.contracts.backend import backend_named
from toolkit.contracts.outcome import Cause
from toolkit.core.errors import AtelierError
from toolkit.images.image import Image
from toolkit.workers.array_file import ArrayFile
from toolkit.workers.executor import Work
from toolkit.workers.item import FileTarget, Item, Outcome, cancelled
from toolkit.workers.process import WorkerFailed, WorkerProcess, thread_environment

MOST_ATTEMPTS = 3
"""A picture fails when this many child processes died while they ran it; random kills would reach a lower limit."""

# Largest number of starts of a child process in a row: a process that dies while it starts is replaced by another.
_MOST_STARTS = 10

_OPEN_S = 600.0
_SETTLED_AFTER = 10  # number of runs after which a child process has its caches and models in memory
_GROWTH_BYTES = 256_000_000
_FOREVER_S = 7 * 86_400.0


class Slot:
    """One child process with a prepared operation. One thread starts and uses this slot, and must not end before it.

    Parameters
    ----------
    work : Work
        Operation with its settings, which the child process prepares.
    timeout_s : float, optional
        Longest time for a picture, s; the child process is killed if a picture takes longer.
    """

    def __init__(self, work: Work, *, timeout_s: float | None = None) -> None:
        self._work, self._timeout_s = work, timeout_s
        self._process: WorkerProcess | None = None
        self._inbox, self._outbox = ArrayFile(), ArrayFile()
        self._lock = threading.Lock()
        self._stopped = set[int]()
        self._is_closed = self._is_prepared = False
        self._n_runs = self._settled_bytes = 0

    @property
    def pid(self) -> int | None:
        """Process id of the child process; None if no child process runs."""
        return None if self._process is None else self._process.pid

    @property
    def is_ready(self) -> bool:
        """Whether the child process is alive and has prepared its operation."""
        process = self._process
        return self._is_prepared and process is not None and process.is_alive

    def start(self) -> None:
        """Start the child process, and wait until its operation is ready; a process that dies before that is replaced.

        Raises
        ------
        UnknownName, InvalidValue, Unavailable, Unsupported, WorkerFailed
            The operation cannot run, or `MOST_ATTEMPTS` child processes died while they prepared it.
        """
        self._start_within(MOST_ATTEMPTS)

    def _start_once(self) -> None:
        self._end_process()
        backend = backend_named(self._work.backend) if self._work.backend else None
        process = WorkerProcess(
            thread_environment(self._work.placement, backend),
            program="toolkit.workers.slot_process",
            files=(self._inbox.descriptor, self._outbox.descriptor),
        )
        with self._lock:
            self._process = process
            if self._is_closed:
                process.kill()
        process.ask("open", timeout_s=_OPEN_S, work=self._work.to_dict())
        self._is_prepared = True
        self._n_runs = self._settled_bytes = 0

    def run(self, items: Sequence[Item]) -> list[Outcome]:
        """Run pictures in one call; if the child process dies, a new one tries each picture again alone.

        A picture gets an error if `MOST_ATTEMPTS` child processes die while they run the picture, or if the picture
        takes longer than the time-out. The method raises no exception for a picture that fails.
        """
        started = perf_counter()
        with self._lock:  # a picture may be stopped before it runs; stops of earlier pictures are dropped
            self._stopped &= {item.index for item in items}
        deaths: Counter[str] = Counter()
        for attempt in range(1, MOST_ATTEMPTS + 1):
            found = self._tried(items, attempt, deaths)
            if found is not None:
                break
        else:
            raise AssertionError("the last attempt to run pictures returns outcomes")
        if len(items) > 1:  # pictures of a failed call ran alone, with times and attempts of their own
            return found
        ended_s = perf_counter()
        return [replace(found[0], attempts=attempt, deaths=deaths, started_s=started, finished_s=ended_s)]

    def _tried(self, items: Sequence[Item], attempt: int, deaths: Counter[str]) -> list[Outcome] | None:
        """The outcomes of one attempt to run pictures; None if the pictures may be tried again."""
        try:
            if not self.is_ready:  # the child process died while it was idle, so the picture is not the cause
                self._start_within(_MOST_STARTS)
            if all(
                item.index in self._stopped for item in items
            ):  # all pictures were stopped while no child process ran
                return [cancelled(item.index) for item in items]
            began = perf_counter()
            outcomes = self._ask(items)
            return [replace(one, started_s=began, finished_s=perf_counter()) for one in outcomes]
        except WorkerFailed as error:
            self._end_process()
            stopped = {item.index for item in items} if self._is_closed else set(self._stopped)
            if len(items) > 1:
                return [
                    cancelled(item.index) if item.index in stopped else self.run([item])[0] for item in items
                ]
            index = items[0].index
            if index in stopped:
                return [cancelled(index)]
            if error.cause is Cause.TIMED_OUT:
                deaths[error.how] += 1
                said = f"the picture took longer than {self._allowed_s(items[0]):g} s and was stopped."
                return [Outcome(index=index, error=said, cause=error.cause)]
            if error.cause is Cause.DIED:
                deaths[error.how] += 1
                if attempt < MOST_ATTEMPTS:
                    return None
            return [Outcome(index=index, error=_death_text(str(error), attempt), cause=error.cause)]
        except AtelierError as error:  # a new child process cannot prepare the operation
            return [Outcome(index=item.index, error=str(error), cause=Cause.of(error)) for item in items]

    def revive(self) -> None:
        """Start a missing child process before a picture needs it; if that fails, the next picture gets the error."""
        if not (self.is_ready or self._is_closed):
            with suppress(AtelierError):
                self.start()

    @property
    def has_grown(self) -> bool:
        """Whether the child process uses much more memory than after its first pictures, because it leaks memory."""
        pid = self.pid
        if pid is None:
            return False
        try:
            resident_bytes = psutil.Process(pid).memory_info().rss
        except psutil.Error:
            return False
        if self._n_runs <= _SETTLED_AFTER:
            self._settled_bytes = max(self._settled_bytes, resident_bytes)
            return False
        return int(resident_bytes) > 1.5 * self._settled_bytes + _GROWTH_BYTES

    def renew(self) -> None:
        """End the child process; the next picture gets a new child process."""
        self._end_process()

    def stop(self, *indices: int) -> None:
        """Kill the child process: the pictures with these indices are cancelled, and its other pictures run again."""
        with self._lock:
            self._stopped.update(indices)
            if self._process is not None:
                self._process.kill()

    def forget(self, *indices: int) -> None:
        """Forget that some pictures were stopped, so that a new picture with the same index is not stopped."""
        with self._lock:
            self._stopped.difference_update(indices)

    def close(self) -> None:
        """End the child process and close the files in memory; the thread that uses the slot calls this method."""
        self._end_process()
        self._inbox.close()
        self._outbox.close()

    def end(self) -> None:
        """Kill the child process without a replacement, from any thread; a call of `close` must follow."""
        self._is_closed = True
        self.stop()

    def _start_within(self, most_starts: int) -> None:
        for number in range(1, most_starts + 1):
            try:
                return self._start_once()
            except WorkerFailed as error:
                is_last = number == most_starts
                if error.cause is not Cause.DIED or self._is_closed or self._stopped or is_last:
                    raise
                time.sleep(min(1.0, 0.02 * number**2))

    def _end_process(self) -> None:
        with self._lock:
            process, self._process, self._is_prepared = self._process, None, False
        if process is not None:
            with suppress(OSError):
                process.close()

    def _ask(self, items: Sequence[Item]) -> list[Outcome]:
        assert self._process is not None
        large = [item.source for item in items if not isinstance(item.source, Path)]
        places = iter(self._inbox.put(large))
        said = [_plain(item, None if isinstance(item.source, Path) else next(places)) for item in items]
        timeout_s = min(_FOREVER_S, sum(self._allowed_s(item) for item in items))
        self._n_runs += 1
        answers = self._process.ask("run", timeout_s=timeout_s, items=said)
        return [self._outcome(**answer) for answer in answers]

    def _allowed_s(self, item: Item) -> float:
        given = self._timeout_s if item.timeout_s is None else item.timeout_s
        return _FOREVER_S if given is None else given

    def _outcome(
        self, place: dict[str, Any], is_array: bool, size_px: list[int], notes: list[str], **rest: Any
    ) -> Outcome:
        result: Image = self._outbox.get(**place)
        return Outcome(
            **{**rest, "cause": Cause(rest["cause"])},
            size_px=(size_px[0], size_px[1]),
            notes=tuple(notes),
            output=result if is_array else None,
            content=b"" if is_array else result.tobytes(),
        )


def _plain(item: Item, place: dict[str, object] | None) -> dict[str, Any]:
    return {
        "index": item.index,
        "path": str(item.source) if isinstance(item.source, Path) else None,
        "place": place,
        "is_content": isinstance(item.source, bytes),
        "target": None if item.target is None else _plain_target(item.target),
        "work": None if item.work is None else item.work.to_dict(),
    }


def _plain_target(target: FileTarget) -> dict[str, Any]:
    return {**asdict(target), "path": None if target.path is None else str(target.path)}


def _death_text(said: str, times: int) -> str:
    return said if times == 1 else f"{said.rstrip('.')} ({times} workers died while they ran this picture)."
