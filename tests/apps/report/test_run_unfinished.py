"""Reports that cannot be written, are stopped or are killed leave nothing half made."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tests.apps.report.small_notebook import in_reports, write
from toolkit.apps.report.reports_folder import workspace
from toolkit.apps.report.run import report
from toolkit.core.errors import InvalidValue


def test_a_reports_folder_that_cannot_be_written_is_a_sentence(home):
    write(home, "05_small", "1")
    (home / "reports").symlink_to("/proc")  # nobody can make a folder there, not even root
    with pytest.raises(InvalidValue, match="reports folder .* cannot be written"):
        report("small")


def test_a_full_disk_is_a_sentence_and_leaves_nothing_behind(home):
    """A limit on the size of files stands in for the end of the disk."""
    write(home, "05_small", "print('x' * 200_000)")
    script = """
        import resource, signal
        from toolkit.apps.report.run import report
        from toolkit.core.errors import InvalidValue
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            report("small")
        except InvalidValue as error:
            print("sentence:", error)
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert "sentence: reports folder" in done.stdout, done.stderr
    assert "free some disk space" in done.stdout
    assert in_reports(home) == []


def test_progress_shows_in_the_terminal_that_waits(home):
    write(home, "05_small", "print('row 1 of 2', end='\\r', flush=True)")
    ours, its = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    command = [sys.executable, "-m", "toolkit", "report", "small"]
    done = subprocess.run(
        command, env=environment, stderr=its, stdout=subprocess.PIPE, text=True, timeout=120
    )
    os.close(its)
    said = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0 and "row 1 of 2" in said
    assert "row 1 of 2" not in done.stdout


def started_report(home):
    """A report in a process of its own, whose notebook runs."""
    write(home, "05_small", "open('started', 'w').close()\nimport time\ntime.sleep(60)")
    command = [sys.executable, "-m", "toolkit", "report", "small"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    while not (home / "started").exists():
        assert running.poll() is None, running.stderr.read()
        time.sleep(0.02)
    return running


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_report_leaves_nothing_half_made(home, number, code):
    running = started_report(home)
    try:
        running.send_signal(number)
        said = running.communicate(timeout=60)[1]
    finally:
        running.kill()
        running.wait()
    assert running.returncode == code
    assert "Traceback" not in said
    assert in_reports(home) == []


def test_what_a_killed_report_leaves_is_deleted_by_the_next_and_what_is_in_use_is_not(home):
    running = started_report(home)
    reports = home / "reports"
    try:
        (unfinished,) = in_reports(home)
        with workspace(reports):
            assert unfinished in in_reports(home)
    finally:
        running.kill()
        running.communicate()
    assert in_reports(home) == [unfinished]
    with workspace(reports) as new:
        assert in_reports(home) == [new.name]
