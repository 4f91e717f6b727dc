"""The process that times an executor under load: for each worker, a caller submits a picture and waits for its result.

``python -m toolkit.workers.load`` starts the process, which answers the same commands as `toolkit.workers.worker`. An
executor without isolation runs inside this process; the workers of all other executors are child processes of this
process.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

from toolkit.contracts.measurement import WorkerRun
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.outcome import Cause
from toolkit.contracts.trial import Trial
from toolkit.core.errors import InvalidValue
from toolkit.images.image import Image, content_hash
from toolkit.machine.process_tree import cpu_ticks
from toolkit.machine.threads import ledger, library_pools, observe
from toolkit.workers.commands import answer_commands
from toolkit.workers.executor import EXECUTORS, Pool, Work
from toolkit.workers.item import Item
from toolkit.workers.process import WorkerFailed

T = TypeVar("T")


class Load:
    """One executor under load; each public method runs one command and returns the answer to the command."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.lighter_way = ""

    def open(self, trial: dict[str, Any], inputs: list[tuple[str, str]], turn: int) -> None:
        """Read the photos, and open the executor with the trial's workers; both steps are timed."""
        asked = Trial.from_dict(trial)
        started = perf_counter()
        for path, sha in asked.plugins:
            if load_plugin(path) != sha:
                raise InvalidValue(
                    f"plug-in {path!r} has changed since the trial was made; load the plug-in again."
                )
        placed = asked.placed
        self._backend, self.lighter_way = placed.backend, placed.op.lighter_way(placed.params)
        photos = [(name, np.load(path)) for name, path in inputs]
        read = perf_counter()
        executor = EXECUTORS[asked.executor]
        self._isolates = executor.isolates
        gathers = (
            {"together": asked.batch} if "together" in {option.name for option in executor.options} else {}
        )
        at_once = asked.workers * asked.batch
        pool = executor.open(Work.of_trial(asked), workers=asked.workers, in_flight=at_once, **gathers)
        self._pool: Pool = self._stack.enter_context(pool)
        self._callers = [
            _Caller(self._pool, photos, turn=turn + number, batch=asked.batch)
            for number in range(asked.workers)
        ]
        # The threads of the callers live as long as the executor, because their counters are read after the calls.
        self._threads = self._stack.enter_context(ThreadPoolExecutor(asked.workers))
        self._stages_s = {"photos": read - started, "load": perf_counter() - read}

    def first(self) -> list[float]:
        """Make the first call of every caller, all at the same time; returns the duration of each call, s."""
        taken = [took for _, took in self._together(lambda caller: caller.call())]
        self._stages_s["first"] = max(taken)
        return taken

    def steady(self, seconds: float, least: int, most: int) -> list[WorkerRun]:
        """Let each caller submit pictures again and again for `seconds`, in at least `least` and at most `most` calls.

        Every caller goes on until all callers have made enough calls, so that all workers are busy until the end.
        """
        before, ticks = self._observed(), cpu_ticks(os.getpid()) or 0
        enough = [False] * len(self._callers)
        barrier = Barrier(len(self._callers))

        def repeat(caller: _Caller) -> list[tuple[float, float]]:
            number = self._callers.index(caller)
            barrier.wait()
            calls: list[tuple[float, float]] = []
            end = perf_counter() + seconds
            try:
                while not all(enough):
                    calls.append(caller.call())
                    is_over = perf_counter() >= end or len(calls) >= most
                    enough[number] = enough[number] or (len(calls) >= least and is_over)
            finally:
                enough[number] = True  # after an error, too, because all other callers wait for this caller
            return calls

        calls = self._together(repeat)
        cpu_s = ((cpu_ticks(os.getpid()) or 0) - ticks) / os.sysconf("SC_CLK_TCK")
        return self._runs(calls, cpu_s=cpu_s, ledgers=self._ledgers(before))

    def keep(self, worker: int, photo: str, path: str, number: int) -> None:
        """Save an output of the last call of a caller; `number` is its position in ``outputs`` of `steady`."""
        np.save(path, self._callers[worker].latest[photo][number])

    def _together(self, do: Callable[[_Caller], T]) -> list[T]:
        return list(self._threads.map(do, self._callers))

    def _observed(self) -> dict[int, dict[str, Any]]:
        pids = self._pool.pids if self._isolates else [os.getpid()]
        return {pid: observe(None if pid == os.getpid() else pid) for pid in pids}

    def _ledgers(self, before: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
        """The work of the threads (ledger) of each process that was alive from the first call to the last call."""
        after = self._observed()
        threads = self._runtime().get("threads")
        own: dict[str, Any] = {} if self._isolates else {"pools": library_pools(), "runtime_threads": threads}
        both = [pid for pid in before if pid in after and after[pid]["threads"]]
        return [ledger(before[pid], after[pid], **own) for pid in both]

    def _runtime(self) -> dict[str, Any]:
        """Settings that the inference library (runtime) reports; empty if the library runs in another process."""
        return {} if self._isolates else dict(self._backend.observed())

    def _runs(
        self, calls: Sequence[list[tuple[float, float]]], *, cpu_s: float, ledgers: list[dict[str, Any]]
    ) -> list[WorkerRun]:
        """A `WorkerRun` for each caller; counters are divided evenly, because a call belongs to no single process."""
        n = len(calls)
        delays_s = [one["run_delay_s"] for one in ledgers if one["run_delay_s"] is not None]
        return [
            WorkerRun(
                stages_s=self._stages_s,
                starts_s=tuple(start for start, _ in made),
                samples_s=tuple(took for _, took in made),
                cpu_s=cpu_s / n,
                involuntary_switches=round(sum(one["involuntary"] for one in ledgers) / n),
                run_delay_s=sum(delays_s) / n if delays_s else None,
                observed={
                    **self._runtime(),
                    **({"ledger": ledgers[number]} if number < len(ledgers) else {}),
                },
                outputs=caller.distinct(),
            )
            for number, (caller, made) in enumerate(zip(self._callers, calls, strict=True))
        ]


class _Caller:
    """Submits pictures to a pool of workers, `batch` at a time, and waits for all their results before the next call.

    Attributes
    ----------
    latest : dict of photo to list of Image
        The outputs of the last call with each photo.
    """

    def __init__(self, pool: Pool, photos: Sequence[tuple[str, Image]], *, turn: int, batch: int) -> None:
        self._pool, self._photos, self._batch, self._turn = pool, photos, batch, turn
        self.latest: dict[str, list[Image]] = {}

    def call(self) -> tuple[float, float]:
        """Submit `batch` pictures; returns the start of the call and the time until every result is back, s."""
        chosen = [self._photos[(self._turn + i) % len(self._photos)] for i in range(self._batch)]
        self._turn += self._batch
        items = [Item(index=next(_indices), source=photo, target=None) for _, photo in chosen]
        start = perf_counter()
        outcomes = [future.result() for future in [self._pool.submit(item) for item in items]]
        took = perf_counter() - start
        latest: dict[str, list[Image]] = {}
        for (name, _), outcome in zip(chosen, outcomes, strict=True):
            if outcome.output is None:
                raise WorkerFailed(outcome.error, Cause(outcome.cause or Cause.RAISED))
            latest.setdefault(name, []).append(outcome.output)
        self.latest.update(latest)
        return start, took

    def distinct(self) -> dict[str, list[str]]:
        """The hashes of the different outputs of each photo; equal outputs are removed from `latest`."""
        kept = {
            name: {content_hash(output): output for output in outputs}
            for name, outputs in self.latest.items()
        }
        self.latest = {name: list(outputs.values()) for name, outputs in kept.items()}
        return {name: list(outputs) for name, outputs in kept.items()}


_indices: Iterator[int] = itertools.count()

if __name__ == "__main__":
    answer_commands(Load())
