"""A report in the foreground: it survives kill -9, catches up once, and never runs twice at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from toolkit.apps.schedule.every import run_every
from toolkit.apps.schedule.lines import job_of


def reports_in(home):
    return sorted(folder for folder in (home / "reports").glob("*_05_tiny*") if folder.is_dir())


def test_a_missed_run_is_caught_up_once(home):
    job, said = job_of("tiny"), []
    state = home / "reports" / ".05_tiny.every.json"
    before = time.time() - 3.5 * 3600  # three runs were missed
    state.write_text(json.dumps({"due_s": before}))
    run_every(job, 3600.0, tell=said.append, most_runs=1)
    assert len(reports_in(home)) == 1
    due_s = json.loads(state.read_text())["due_s"]
    assert 0 < due_s - time.time() <= 3600
    assert (due_s - before) % 3600 == pytest.approx(0, abs=1e-3)


@pytest.mark.skipif(os.name != "posix", reason="sends SIGKILL")
def test_a_run_that_was_killed_is_made_again_and_the_index_is_whole(home):
    command = [sys.executable, "-m", "toolkit", "schedule", "tiny", "--every", "1s"]
    process = subprocess.Popen(command, cwd=home, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 120
    while len(reports_in(home)) < 1:
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    time.sleep(0.5)  # somewhere in the second run, or before it
    process.send_signal(signal.SIGKILL)
    process.wait()
    said: list[str] = []
    run_every(job_of("tiny"), 1.0, tell=said.append, most_runs=1)
    whole = [folder for folder in reports_in(home) if (folder / "report.json").exists()]
    assert len(whole) >= 2 and whole == reports_in(home)
    index = (home / "reports" / "index.html").read_text()
    assert all(folder.name in index for folder in whole)
