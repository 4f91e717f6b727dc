"""Start a worker process, send commands to it, and wait for its answers with a time-out."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any

from toolkit.contracts.backend import Backend, Placement
from toolkit.contracts.outcome import Cause
from toolkit.core.child_process import SOURCE, module_command, module_environment
from toolkit.core.errors import TrialFailed, Unavailable, Unsupported


class WorkerFailed(TrialFailed):
    """A worker raised an error, died or gave no answer in time; `cause` distinguishes these three cases.

    The attribute `how` names the failure in two or three words, such as ``killed by signal 9``;
    deaths are counted by these words.
    """

    def __init__(self, sentence: str, cause: Cause, *, how: str = "") -> None:
        super().__init__(sentence)
        self.cause, self.how = cause, how or str(cause)


class WorkerProcess:
    """A new process that runs a program which answers commands; a context manager that ends the process.

    On Linux the process ends with the thread that starts it, so this thread must live as long as the process is used.

    Parameters
    ----------
    environment : mapping
        Environment variables of the process. The variables must be set from the start, because libraries read the
        number of threads only when they are imported.
    program : str
        Module that calls `toolkit.workers.commands.answer_commands`.
    files : sequence of int
        Descriptors of open files that the new process inherits from this process.
    python : str
        Path of the Python interpreter; empty: the interpreter of this process.
    source : Path
        Folder that contains the package ``toolkit`` which the process imports; default: the folder of this package.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        program: str = "toolkit.workers.worker",
        files: Sequence[int] = (),
        python: str = "",
        source: Path = SOURCE,
    ) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes this file
        started = perf_counter()
        self._process = subprocess.Popen(
            module_command(program, *map(str, files), python=python),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=module_environment(environment, source=source),
            pass_fds=files,
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
        """Process id of the worker."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def send(self, do: str, **arguments: Any) -> None:
        """Send a command to the worker process; `receive` waits for the answer."""
        self.tell(json.dumps({"do": do, **arguments}))

    def tell(self, line: str) -> None:
        """Write one line to the stdin of the worker."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._death() from None

    def receive(self, *, timeout_s: float) -> Any:
        """Wait for the next answer of the process: the value, read from JSON, that the method for the command returned.

        Raises
        ------
        Unavailable, Unsupported
            The worker raised an `Unavailable` or `Unsupported`.
        WorkerFailed
            The worker raised another error, died, or gave no answer within `timeout_s` and was killed.
        """
        message = json.loads(self._line(timeout_s))
        if "error" in message:
            kinds = {Cause.UNAVAILABLE: Unavailable, Cause.UNSUPPORTED: Unsupported}
            cause = Cause(message["cause"])
            if cause in kinds:
                raise kinds[cause](message["error"])
            raise WorkerFailed(message["error"], cause)
        return message["answer"]

    def ask(self, do: str, *, timeout_s: float, **arguments: Any) -> Any:
        """Send a command to the worker process and wait for the answer."""
        self.send(do, **arguments)
        return self.receive(timeout_s=timeout_s)

    def kill(self) -> None:
        """Kill the process; a thread that waits for an answer of the process gets an error."""
        self._process.kill()

    def close(self) -> None:
        """Kill the worker process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
        self._process.kill()
        self._process.wait()
        self._said.close()

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(self, *error: object) -> None:
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
                        f"the worker gave no answer within {timeout_s:.0f} s and was stopped.",
                        Cause.TIMED_OUT,
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
        except subprocess.TimeoutExpired:  # the worker closed its pipes but still runs
            self._process.kill()
            code = self._process.wait()
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        if code == -signal.SIGKILL:
            how += " (the kernel does this when memory runs out)"
        self._said.seek(0)
        last = [line for line in self._said.read().decode(errors="replace").splitlines() if line.strip()]
        said = f"worker {how}" + (f": {last[-1].strip()}" if last else ".")
        return WorkerFailed(said, Cause.DIED, how=how.partition(" (")[0].removeprefix("was "))


def thread_environment(placement: Placement, backend: Backend | None) -> dict[str, str]:
    """Environment variables that set the size of every thread pool before its library is imported.

    Parameters
    ----------
    backend : Backend or None
        The backend, which may need further environment variables; None if a backend is chosen for each picture.
    """
    count = str(placement.threads)
    pools = ("OMP", "OPENBLAS", "MKL", "NUMBA", "BLIS", "VECLIB")
    told = {f"{pool}_NUM_THREADS": count for pool in pools}
    own = {} if backend is None else backend.environment(placement)
    return {**told, "OPENCV_FOR_THREADS_NUM": count, **own}
