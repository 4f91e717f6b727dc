"""The process that is measured: opens one trial, runs it when told to, reports raw times.

Started as ``python -m toolkit.workers.worker``. Commands arrive as JSON lines on stdin, answers leave as JSON lines on
what was stdout (file descriptor 1 is pointed at stderr, so that a library's chatter cannot break an answer).
It dies with its driver: the kernel sends SIGKILL when the parent goes (Linux), and stdin closes everywhere.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
from contextlib import ExitStack
from time import perf_counter
from typing import Any, TextIO

import numpy as np

from toolkit.contracts.apply import opened_steps
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.outcome import Cause
from toolkit.contracts.trial import Trial
from toolkit.core.child_process import die_with_parent
from toolkit.core.errors import AtelierError, InvalidValue
from toolkit.images.image import Image, content_hash
from toolkit.machine.threads import ledger, library_pools, observe
from toolkit.workers.picture_stages import stage_times


class Worker:
    """One opened trial; each public method is one command and returns the answer."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._latest: dict[str, list[Image]] = {}
        self._turn = 0
        self.lighter_way = ""

    def open(self, trial: dict[str, Any], inputs: list[list[str]], turn: int) -> dict[str, Any]:
        """Import the runtime, read the photos, load the model or build the kernel; each is timed."""
        asked = Trial.from_dict(trial)
        started = perf_counter()
        for path, sha in asked.plugins:
            if load_plugin(path) != sha:
                raise InvalidValue(f"plug-in {path!r} has changed since the trial was made; load it again.")
        op, self._backend = asked.op, asked.runtime
        params = op.resolve(dict(asked.params))
        self.lighter_way = op.lighter_way(params)
        runtime = self._stack.enter_context(self._backend.session(asked.placement))
        imported = perf_counter()
        self._photos = [(name, np.load(path)) for name, path in inputs]
        read = perf_counter()
        before = self._stack.enter_context(opened_steps(asked.steps, asked.placement))
        self._kernel = op.build(self._backend, runtime, params, asked.placement.precision)
        self._before = before if asked.steps else None
        self._batch, self._turn = asked.batch, turn
        loaded = perf_counter()
        return {"import": imported - started, "photos": read - imported, "load": loaded - read}

    def first(self) -> dict[str, Any]:
        """The first call."""
        _, seconds = self._call()
        return {"first": seconds}

    def steady(self, seconds: float, least: int, most: int, until_told: bool) -> dict[str, Any]:
        """Call again and again for `seconds`, at least `least` and at most `most` times.

        With `until_told`, go on afterwards until a line arrives: workers side by side must all be busy until the
        last of them has enough calls.
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
                _answer({"enough": True})
                announced = True
            if select.select([sys.stdin], [], [], 0)[0]:
                sys.stdin.readline()
                break
        after, spent = observe(), resource.getrusage(resource.RUSAGE_SELF)
        said = dict(self._backend.observed())
        distinct = {
            name: {content_hash(output): output for output in outputs}
            for name, outputs in self._latest.items()
        }
        self._latest = {name: list(outputs.values()) for name, outputs in distinct.items()}
        threads = ledger(before, after, runtime_threads=said.get("threads"), pools=library_pools())  # type: ignore[arg-type]
        return {
            "starts_s": starts,
            "samples_s": samples,
            "cpu_s": spent.ru_utime + spent.ru_stime - usage.ru_utime - usage.ru_stime,
            "involuntary_switches": spent.ru_nivcsw - usage.ru_nivcsw,
            "run_delay_s": threads["run_delay_s"],
            "observed": {**said, "ledger": threads},
            "outputs": {name: list(outputs) for name, outputs in distinct.items()},
        }

    def pipeline(self) -> dict[str, Any]:
        """Where the time of one picture goes; empty for what is no network on whole pictures."""
        if self._kernel.network is None or self._before is not None:
            return {"pipeline_s": {}}
        return {"pipeline_s": stage_times(self._kernel.network, [photo for _, photo in self._photos])}

    def keep(self, photo: str, path: str, number: int = 0) -> dict[str, Any]:
        """Write an output of the last call that met this photo; `number` counts those that `steady` told."""
        np.save(path, self._latest[photo][number])
        return {}

    def _call(self) -> tuple[float, float]:
        chosen = [self._photos[(self._turn + i) % len(self._photos)] for i in range(self._batch)]
        self._turn += self._batch
        photos = [photo for _, photo in chosen]
        kernel, before, sync = self._kernel, self._before, self._backend.sync
        for held in self._latest.values():
            del held[1:]  # or memory would hold two calls' outputs of a large batch
        start = perf_counter()
        outputs = kernel.batch(photos if before is None else [before(photo) for photo in photos])
        sync()
        took = perf_counter() - start
        latest: dict[str, list[Image]] = {}
        for (name, _), output in zip(chosen, outputs, strict=True):
            latest.setdefault(name, []).append(output)
        self._latest.update(latest)
        return start, took


_answers: TextIO


def _answer(message: dict[str, Any]) -> None:
    _answers.write(json.dumps(message) + "\n")
    _answers.flush()


def main() -> None:
    """Answer commands until stdin closes."""
    global _answers
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to handle
    _answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker()
    _answer({"ready": True})
    for line in sys.stdin:
        if not line.strip():
            continue
        command = json.loads(line)
        try:
            _answer(getattr(worker, command.pop("do"))(**command))
        except MemoryError:
            _answer({"error": f"ran out of memory. {worker.lighter_way}".rstrip(), "cause": Cause.DIED})
        except Exception as error:
            text = str(error).strip().replace("\n", " ")
            said = text if isinstance(error, AtelierError) else f"{type(error).__name__}: {text}"
            _answer({"error": said, "cause": Cause.of(error)})


if __name__ == "__main__":
    main()
