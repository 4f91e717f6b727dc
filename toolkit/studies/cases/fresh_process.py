"""Start a process that runs one procedure of a case study, send a job to the process, and read its answer."""

from __future__ import annotations

import json
import select
import subprocess
import tempfile
import time
from collections.abc import Mapping
from typing import Any

from toolkit.core.child_process import module_command, module_environment
from toolkit.core.errors import TrialFailed, Unavailable

TIMEOUT_S = 600.0


class FreshProcess:
    """Context manager: starts a process for one job on entry, and ends it with all its children on exit.

    Attributes
    ----------
    spawn_s : float
        Time from the start of the process until it was ready, s.
    """

    def __enter__(self) -> FreshProcess:
        began = time.perf_counter()
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            module_command("toolkit.studies.cases.procedure_process"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=module_environment(),
            text=True,
        )
        self._read()
        self.spawn_s = time.perf_counter() - began
        return self

    def __exit__(self, *exception: object) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(20)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._errors.close()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def run(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Send a job to the process; returns the process's answer.

        Raises
        ------
        Unavailable
            A program or a file that the procedure needs is not on this machine.
        TrialFailed
            The process reported another error, ended, or did not answer in time.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer = self._read()
        if "error" in answer:
            raise (Unavailable if answer.get("is_missing") else TrialFailed)(str(answer["error"]))
        return answer

    def _read(self) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        if not select.select([stdout], [], [], TIMEOUT_S)[0]:
            self._process.kill()
            raise TrialFailed(f"the process that runs the procedure gave no answer within {TIMEOUT_S:.0f} s.")
        line = stdout.readline()
        if not line:
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").strip().splitlines()
            last = said[-1] if said else "the process printed nothing"
            raise TrialFailed(f"the process that runs the procedure ended: {last}.")
        answer: dict[str, Any] = json.loads(line)
        return answer
