"""Make a report at regular intervals in the foreground, for containers, which have neither cron nor systemd."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from toolkit.apps.schedule.lines import ReportJob
from toolkit.core.files import write_whole


def run_every(
    job: ReportJob,
    every_s: float,
    *,
    tell: Callable[[str], None],
    most_runs: int | None = None,
) -> None:
    """Make a report now, and then at every multiple of `every_s` seconds, until this process is stopped.

    A file stores the time of the next run, so that a process that starts after a kill makes the report at once if
    a run was missed or did not end. If another run of the report is still active, the next run waits for its end.

    Parameters
    ----------
    job : ReportJob
        The report to make.
    every_s : float
        Seconds from the start of a run to the start of the next run.
    tell : callable
        A function that receives a sentence when a run of the report starts and when it ends.
    most_runs : int, optional
        Number of runs after which the loop ends.
    """
    state = job.reports / f".{job.notebook}.every.json"
    n_runs = 0
    while most_runs is None or n_runs < most_runs:
        due_s = _due_s(state)
        wait_s = due_s - time.time()
        if wait_s > 0:
            tell(f"The next run of {job.notebook} is at {datetime.fromtimestamp(due_s):%Y-%m-%d %H:%M:%S}.")
            time.sleep(wait_s)
        with _locked(job.lock, tell) as descriptor:
            tell(f"Making the report {job.notebook}.")
            began_s = due_s or time.time()
            # The child process holds the lock too, so the report stays locked if this process is killed.
            code = subprocess.run(job.command, cwd=job.folder, pass_fds=(descriptor,), check=False).returncode
        tell(f"The report {job.notebook} ended with exit code {code}.")
        n_missed = int(max(0.0, time.time() - began_s) // every_s)
        write_whole(state, json.dumps({"due_s": began_s + (n_missed + 1) * every_s}))
        n_runs += 1


def _due_s(state: Path) -> float:
    """When the next run of a report is due, seconds since 1970; 0 before the first run."""
    try:
        return float(json.loads(state.read_text())["due_s"])
    except (OSError, ValueError, KeyError):
        return 0.0


@contextmanager
def _locked(file: Path, tell: Callable[[str], None]) -> Iterator[int]:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("An earlier run of this report has not ended; waiting until that run ends.")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)
