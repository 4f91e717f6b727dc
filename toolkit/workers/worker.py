"""The worker process whose calls are timed: it prepares one trial, runs the trial on command and returns the times.

``python -m toolkit.workers.worker`` starts the process; `toolkit.workers.commands` describes how commands are answered.
"""

from __future__ import annotations

import resource
import select
import sys
from contextlib import ExitStack
from time import perf_counter
from typing import Any

import numpy as np

from toolkit.contracts.measurement import WorkerRun
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.placed import opened_steps
from toolkit.contracts.trial import Trial
from toolkit.core.errors import InvalidValue
from toolkit.images.image import Image, content_hash
from toolkit.machine.threads import ledger, library_pools, observe
from toolkit.workers.commands import answer, answer_commands
from toolkit.workers.picture_stages import stage_times


class Worker:
    """One trial, ready to run; each public method runs one command and returns the answer to the command."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._latest: dict[str, list[Image]] = {}
        self._turn = 0
        self.lighter_way = ""

    def open(self, trial: dict[str, Any], inputs: list[tuple[str, str]], turn: int) -> None:
        """Import the runtime, read the photos, load the model or build the kernel; each step is timed."""
        asked = Trial.from_dict(trial)
        started = perf_counter()
        for path, sha in asked.plugins:
            if load_plugin(path) != sha:
                raise InvalidValue(
                    f"plug-in {path!r} has changed since the trial was made; load the plug-in again."
                )
        *steps, placed = asked.parts
        self._backend, self.lighter_way = placed.backend, placed.op.lighter_way(placed.params)
        runtime = self._stack.enter_context(self._backend.session(asked.placement))
        imported = perf_counter()
        self._photos = [(name, np.load(path)) for name, path in inputs]
        read = perf_counter()
        before = self._stack.enter_context(opened_steps(steps))
        self._kernel = placed.build(runtime)
        self._before = before if steps else None
        self._batch, self._turn = asked.batch, turn
        loaded = perf_counter()
        self._stages_s = {"import": imported - started, "photos": read - imported, "load": loaded - read}

    def first(self) -> float:
        """Make the first call of the kernel; returns the duration of the call, s."""
        _, self._stages_s["first"] = self._call()
        return self._stages_s["first"]

    def steady(self, seconds: float, least: int, most: int, until_told: bool) -> WorkerRun:
        """Call the kernel again and again for `seconds`, at least `least` and at most `most` times.

        With `until_told` the calls go on until a line arrives on stdin, because all workers of a trial must be busy
        until the slowest worker has made enough calls. `Crew` adds the time in which the process started.
        """
        starts: list[float] = []
        samples: list[float] = []
        usage, before = resource.getrusage(resource.RUSAGE_SELF), observe()
        end = perf_counter() + seconds
        announced = False
        while True:
            start, took = self._call()
            starts.append(start)
            samples.append(took)
            if len(samples) < least or (start + took < end and len(samples) < most):
                continue
            if not until_told:
                break
            if not announced:
                answer(answer=None)
                announced = True
            if select.select([sys.stdin], [], [], 0)[0]:
                sys.stdin.readline()
                break
        after, spent = observe(), resource.getrusage(resource.RUSAGE_SELF)
        observed = dict(self._backend.observed())
        threads = observed.get("threads")
        runtime_threads = threads if isinstance(threads, int) else None
        distinct = {
            name: {content_hash(output): output for output in outputs}
            for name, outputs in self._latest.items()
        }
        self._latest = {name: list(outputs.values()) for name, outputs in distinct.items()}
        work = ledger(before, after, runtime_threads=runtime_threads, pools=library_pools())
        return WorkerRun(
            stages_s=self._stages_s,
            starts_s=tuple(starts),
            samples_s=tuple(samples),
            cpu_s=spent.ru_utime + spent.ru_stime - usage.ru_utime - usage.ru_stime,
            involuntary_switches=spent.ru_nivcsw - usage.ru_nivcsw,
            run_delay_s=work["run_delay_s"],
            observed={**observed, "ledger": work},
            outputs={name: list(outputs) for name, outputs in distinct.items()},
        )

    def pipeline(self) -> dict[str, float]:
        """Seconds of each pipeline stage of one picture; empty for a filter, or with operations before the network."""
        if self._kernel.network is None or self._before is not None:
            return {}
        return stage_times(self._kernel.network, [photo for _, photo in self._photos])

    def keep(self, photo: str, path: str, number: int) -> None:
        """Save an output of the last call with `photo`; `number` is its position in ``outputs`` of `steady`."""
        np.save(path, self._latest[photo][number])

    def _call(self) -> tuple[float, float]:
        chosen = [self._photos[(self._turn + i) % len(self._photos)] for i in range(self._batch)]
        self._turn += self._batch
        photos = [photo for _, photo in chosen]
        kernel, before, sync = self._kernel, self._before, self._backend.sync
        for held in self._latest.values():
            # Old outputs are deleted before the call, so that memory never holds the outputs of two large batches.
            del held[1:]
        start = perf_counter()
        outputs = kernel.batch(photos if before is None else [before(photo) for photo in photos])
        sync()
        took = perf_counter() - start
        latest: dict[str, list[Image]] = {}
        for (name, _), output in zip(chosen, outputs, strict=True):
            latest.setdefault(name, []).append(output)
        self._latest.update(latest)
        return start, took


if __name__ == "__main__":
    answer_commands(Worker())
