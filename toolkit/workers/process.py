"""The driver's end of a worker: spawn it, ask it, never wait for ever."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from time import perf_counter
from types import TracebackType
from typing import Any

from toolkit.contracts.outcome import Cause
from toolkit.contracts.trial import Trial
from toolkit.core.child_process import module_command, module_environment
from toolkit.core.errors import TrialFailed, Unavailable, Unsupported


class WorkerFailed(TrialFailed):
    """A worker raised, died or was silent too long; `cause` says which."""

    def __init__(self, sentence: str, cause: Cause) -> None:
        super().__init__(sentence)
        self.cause = cause


class WorkerProcess:
    """A fresh, spawned process that runs `toolkit.workers.worker`.

    Parameters
    ----------
    environment : mapping
        Variables set before the interpreter starts; thread pools read theirs only then.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        started = perf_counter()
        self._process = subprocess.Popen(
            module_command("toolkit.workers.worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=module_environment(environment),
        )
        self._pending = b""
        try:
            self.receive(timeout_s=120.0)
        except BaseException:
            self.close()
            raise
        self.spawn_s = perf_counter() - started

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def send(self, do: str, **arguments: Any) -> None:
        """Give a command; the answer is fetched with `receive`."""
        self.tell(json.dumps({"do": do, **arguments}))

    def tell(self, line: str) -> None:
        """Write one line to the worker."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._death() from None

    def receive(self, *, timeout_s: float) -> dict[str, Any]:
        """The next answer.

        Raises
        ------
        Unavailable, Unsupported
            As the worker raised them.
        WorkerFailed
            The worker raised anything else, died, or said nothing for `timeout_s`; then it is killed.
        """
        line = self._line(timeout_s)
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            kinds = {Cause.UNAVAILABLE: Unavailable, Cause.UNSUPPORTED: Unsupported}
            cause = Cause(answer["cause"])
            if cause in kinds:
                raise kinds[cause](answer["error"])
            raise WorkerFailed(answer["error"], cause)
        return answer

    def ask(self, do: str, *, timeout_s: float, **arguments: Any) -> dict[str, Any]:
        """`send` and `receive`."""
        self.send(do, **arguments)
        return self.receive(timeout_s=timeout_s)

    def close(self) -> None:
        """End the process, at once."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
        self._process.kill()
        self._process.wait()
        self._said.close()

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _line(self, timeout_s: float) -> bytes:
        assert self._process.stdout is not None
        deadline = perf_counter() + timeout_s
        descriptor = self._process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while b"\n" not in self._pending:
                if not selector.select(max(0.0, deadline - perf_counter())):
                    self._process.kill()
                    raise WorkerFailed(
                        f"gave no answer within {timeout_s:.0f} s and was stopped.", Cause.TIMED_OUT
                    )
                chunk = os.read(descriptor, 1 << 16)
                if not chunk:
                    raise self._death()
                self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def _death(self) -> WorkerFailed:
        try:
            code = self._process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:  # it closed its pipes and lives on
            self._process.kill()
            code = self._process.wait()
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        if code == -signal.SIGKILL:
            how += ", as the kernel does where memory is short"
        self._said.seek(0)
        last = [line for line in self._said.read().decode(errors="replace").splitlines() if line.strip()]
        return WorkerFailed(f"worker {how}" + (f": {last[-1].strip()}" if last else "."), Cause.DIED)


def thread_environment(trial: Trial) -> dict[str, str]:
    """Variables that tell every thread pool its size before it is imported."""
    count = str(trial.placement.threads)
    pools = ("OMP", "OPENBLAS", "MKL", "NUMBA", "BLIS", "VECLIB")
    told = {f"{pool}_NUM_THREADS": count for pool in pools}
    return {**told, "OPENCV_FOR_THREADS_NUM": count, **trial.runtime.environment(trial.placement)}
