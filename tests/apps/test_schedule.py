"""The cron line and the systemd units that `schedule` prints work."""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.apps.schedule import on_calendar, schedule
from toolkit.core.errors import InvalidValue, Unavailable, UnknownName

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A checkout of its own, whose path needs quoting, with one notebook that takes no time."""
    root = tmp_path / "my 100% checkout"
    for folder in ("notebooks", "toolkit", "reports"):
        (root / folder).mkdir(parents=True)
    shutil.copytree(
        CHECKOUT / "toolkit", root / "toolkit", dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.pyc")
    )
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "a",
        "outputs": [],
        "metadata": {"tags": ["parameters"]},
    }
    cell["source"] = 'words: list[str] = ["one"]  # any\ncount: int = 1  # any\n'
    document = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "notebooks" / "05_tiny.ipynb").write_text(json.dumps(document))
    monkeypatch.setenv("ATELIER_HOME", str(root))
    monkeypatch.chdir(root)
    return root


def cron_command(text):
    """The command of the printed cron line, as cron hands it to the shell."""
    line = next(line for line in text.splitlines() if line.startswith("0 3 * * * "))
    return line.removeprefix("0 3 * * * ").replace("\\%", "%")


def run_as_cron(command):
    return subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        cwd="/",
        timeout=120,
    )


def test_the_printed_cron_line_makes_the_report(home):
    text = schedule("tiny", cron="0 3 * * *", parameters={"words": ["a b", "c%d"], "count": 2})
    done = run_as_cron(cron_command(text))
    log = (home / "reports" / "05_tiny.log").read_text()
    assert done.returncode == 0, log
    sidecar = json.loads((home / "reports" / "latest" / "report.json").read_text())
    assert sidecar["parameters"] == {"words": ["a b", "c%d"], "count": 2}
    assert sidecar["fresh_since"], "a scheduled report measures afresh"


def test_a_second_run_does_not_start_while_the_first_holds_the_lock(home):
    command = cron_command(schedule("05_tiny", cron="0 3 * * *"))
    lock = home / "reports" / ".05_tiny.lock"
    with lock.open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        assert run_as_cron(command).returncode != 0
    assert not (home / "reports" / "latest").exists()


def test_the_systemd_units_run_the_same_command(home, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    text = schedule("tiny", cron="*/15 2 * * mon-fri", parameters={"words": ["a b"]})
    parts = re.split(r"^# (atelier-05_tiny\.(?:service|timer))$", text, flags=re.MULTILINE)
    files = [tmp_path / name for name in parts[1::2]]
    for file, content in zip(files, parts[2::2], strict=True):
        file.write_text(content)
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *map(str, files)],
        capture_output=True,
        text=True,
    )
    assert "05_tiny" not in checked.stderr, checked.stderr
    service = files[0].read_text()
    assert (
        f'ExecStart={shutil.which("flock")} -n "{home}/reports/.05_tiny.lock"'.replace("%", "%%") in service
    )
    assert f"{sys.executable} -m toolkit report tiny -p words" in service
    assert "OnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 02:00,15,30,45:00" in files[1].read_text()


def test_a_preset_is_named_by_its_absolute_path(home):
    (home / "night.yaml").write_text("count: 3\n")
    text = schedule("tiny", cron="@daily", preset=Path("night.yaml"))
    assert f"{home}/night.yaml".replace("%", "\\%") in text
    assert "\n@daily cd " in text


@pytest.mark.parametrize(
    ("cron", "events"),
    [
        ("0 3 * * *", ["*-*-* 03:00:00"]),
        ("5-20/5 1,2 * * *", ["*-*-* 01,02:05,10,15,20:00"]),
        ("0 0 * * 7", ["Sun *-*-* 00:00:00"]),
        ("0 0 * jan-mar *", ["*-01,02,03-* 00:00:00"]),
        ("0 0 1 * mon", ["*-*-01 00:00:00", "Mon *-*-* 00:00:00"]),
        ("0 0 */10 * mon", ["Mon *-*-01,11,21,31 00:00:00"]),
        ("0 0 29 2 *", ["*-02-29 00:00:00"]),
        ("* * * * *", ["*-*-* *:*:00"]),
    ],
)
def test_cron_becomes_calendar_events_that_systemd_reads(cron, events):
    assert on_calendar(cron) == events
    if shutil.which("systemd-analyze"):
        for event in events:
            subprocess.run(["systemd-analyze", "calendar", event], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 3 * *", "five fields"),
        ("", "five fields"),
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day-of-month"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "day-of-week"),
        ("5-1 * * * *", "minute"),
        ("*/0 * * * *", "minute"),
        ("3/5 * * * *", "3/5"),
        ("1,,2 * * * *", "''"),
        ("@fortnightly", "five fields"),
        ("0 0 L * *", "'L'"),
        ("0 0 * * 5L", "'5L'"),
        ("0 0 * * mon#2", "mon#2"),
        ("0 0 0 3 * *", "five fields"),
        ("0 0 31 feb,apr *", "never fires: month feb,apr has no day 31"),
        ("0 0 30 2 *", "never fires"),
    ],
)
def test_a_wrong_cron_expression_is_a_sentence(cron, words):
    with pytest.raises(InvalidValue, match=words):
        on_calendar(cron)


def test_the_next_runs_are_named(home):
    text = schedule("tiny", cron="30 4 29 2 *")
    dates = re.findall(r"\d{4}-02-29 04:30", text.splitlines()[0])
    assert len(dates) == 3
    assert dates == sorted(set(dates))


def test_names_and_values_are_checked_when_scheduling(home, monkeypatch):
    with pytest.raises(UnknownName, match="05_tiny"):
        schedule("huge", cron="@daily")
    with pytest.raises(UnknownName, match="count"):
        schedule("tiny", cron="@daily", parameters={"counts": 1})
    with pytest.raises(InvalidValue, match="count"):
        schedule("tiny", cron="@daily", parameters={"count": "many"})
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable, match="util-linux"):
        schedule("tiny", cron="@daily")
