"""A report every minute in the foreground, killed with kill -9 in its fourth run and started again: what is left?"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

NOTEBOOK, PRESET = "90_history", "history_quick"
KILLED_IN_RUN = 4
INTO_THE_RUN_S = 6.0  # with its folder made, so that the notebook runs
MOST_WAIT_S = 900.0


def schedule_part(folder: Path) -> bool:
    """Print what three runs, a kill and a second start left; whether nothing was lost."""
    home, log = folder / "home", folder / "schedule.log"
    home.mkdir()
    print(f"Schedule: {NOTEBOOK} --every 1m, killed with kill -9 in run {KILLED_IN_RUN} and started again")
    process = _started(home, log)
    _wait(
        process,
        lambda: log.read_text().count("Making the report") >= KILLED_IN_RUN and _left_behind(home) > 0,
    )
    time.sleep(INTO_THE_RUN_S)
    os.killpg(process.pid, signal.SIGKILL)  # with its notebook and its workers, as a container is killed
    process.wait()
    before = _reports(home)
    print(f"  after the kill: {len(before)} reports are whole, {_left_behind(home)} unfinished")
    process = _started(home, log)
    try:
        _wait(process, lambda: len(_reports(home)) > len(before) and "The next run" in _last_line(log))
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
    return _judged(home, n_before=len(before))


def _judged(home: Path, *, n_before: int) -> bool:
    reports = _reports(home)
    index = (home / "reports/index.html").read_text(encoding="utf-8")
    starts = [datetime.fromisoformat(facts["started"]) for _, facts in reports]
    apart = [round((b - a).total_seconds()) for a, b in itertools.pairwise(starts)]
    command = [sys.executable, "-m", "toolkit", "history", "--json"]
    done = subprocess.run(command, env=_environment(home), check=True, capture_output=True, text=True)
    n_runs = [one["right_runs"] for one in json.loads(done.stdout)["series"]]
    checks = {
        "the runs before the kill are whole": n_before == KILLED_IN_RUN - 1,
        "the killed run was made again, once": len(reports) == KILLED_IN_RUN,
        "every report is complete": all(facts["state"] == "complete" for _, facts in reports),
        "the index lists every report": all(name in index for name, _ in reports),
        "the history has each run once": n_runs == [KILLED_IN_RUN],
        "nothing unfinished is left": _left_behind(home) == 0,
    }
    print(
        f"  after the second start: {len(reports)} reports, begun {apart} s apart; runs in the history: {n_runs}"
    )
    for text, holds in checks.items():
        print(f"  {'yes' if holds else 'NO '}  {text}")
    print()
    return all(checks.values())


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "ATELIER_HOME": str(home)}


def _started(home: Path, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "toolkit", "schedule", NOTEBOOK, "--every", "1m", "-f", PRESET]
    with log.open("ab") as told:
        return subprocess.Popen(
            command, env=_environment(home), stdout=told, stderr=told, start_new_session=True, cwd=home
        )


def _wait(process: subprocess.Popen[bytes], is_there: Callable[[], bool]) -> None:
    end = time.monotonic() + MOST_WAIT_S
    while not is_there():
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit("atelier schedule ended, or took too long")
        time.sleep(0.2)


def _last_line(log: Path) -> str:
    return log.read_text().rstrip().rpartition("\n")[2]


def _reports(home: Path) -> list[tuple[str, dict[str, object]]]:
    """Folder and facts of each report that is whole, oldest first."""
    folders = [path for path in sorted((home / "reports").glob(f"2*_{NOTEBOOK}*")) if path.is_dir()]
    return [(path.name, json.loads((path / "report.json").read_text())) for path in folders]


def _left_behind(home: Path) -> int:
    """Folders of reports that were not finished: they are hidden until they are whole."""
    if not (home / "reports").exists():
        return 0
    return sum(path.is_dir() for path in (home / "reports").glob(".*"))
