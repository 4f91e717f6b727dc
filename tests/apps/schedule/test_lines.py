"""The cron line and the systemd units that `schedule` prints work."""

from __future__ import annotations

import fcntl
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.apps.schedule.lines import job_of, schedule, systemd_units
from toolkit.core.errors import InvalidValue, Unavailable, UnknownName


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
    text = schedule(job_of("tiny", parameters={"words": ["a b", "c%d"], "count": 2}), "0 3 * * *")
    done = run_as_cron(cron_command(text))
    log = (home / "reports" / "05_tiny.log").read_text()
    assert done.returncode == 0, log
    sidecar = json.loads((home / "reports" / "latest" / "report.json").read_text())
    assert sidecar["parameters"] == {"words": ["a b", "c%d"], "count": 2}
    assert sidecar["fresh_since"], "a scheduled report measures afresh"


def test_a_second_run_does_not_start_while_the_first_holds_the_lock(home):
    command = cron_command(schedule(job_of("05_tiny"), "0 3 * * *"))
    lock = home / "reports" / ".05_tiny.lock"
    with lock.open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        assert run_as_cron(command).returncode != 0
    assert not (home / "reports" / "latest").exists()


def test_the_systemd_units_run_the_same_command(home, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    text = schedule(job_of("tiny", parameters={"words": ["a b"]}), "*/15 2 * * mon-fri")
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


def test_the_command_of_the_service_makes_the_report(home):
    """The service is run as systemd runs it: in its folder, with its environment, its words without their quotes."""
    text = systemd_units(job_of("tiny", parameters={"words": ["a b", "c%d"]}), "0 3 * * *")[
        "atelier-05_tiny.service"
    ]
    lines = [line.replace("%%", "%").partition("=") for line in text.splitlines() if "=" in line]
    (words,) = (shlex.split(value) for name, _, value in lines if name == "ExecStart")
    (folder,) = (value for name, _, value in lines if name == "WorkingDirectory")
    told = [shlex.split(value)[0].partition("=") for name, _, value in lines if name == "Environment"]
    environment = {"PATH": "/usr/bin:/bin", **{name: value for name, _, value in told}}
    done = subprocess.run(["/bin/sh", "-c", shlex.join(words)], env=environment, cwd=folder, timeout=120)
    assert done.returncode == 0
    sidecar = json.loads((home / "reports" / "latest" / "report.json").read_text())
    assert sidecar["parameters"]["words"] == ["a b", "c%d"]


def test_a_preset_is_named_by_its_absolute_path(home):
    (home / "night.yaml").write_text("count: 3\n")
    text = schedule(job_of("tiny", preset=Path("night.yaml")), "@daily")
    assert f"{home}/night.yaml".replace("%", "\\%") in text
    assert "\n@daily cd " in text


def test_the_next_runs_are_named(home):
    text = schedule(job_of("tiny"), "30 4 29 2 *")
    dates = re.findall(r"\d{4}-02-29 04:30", text.splitlines()[0])
    assert len(dates) == 3
    assert dates == sorted(set(dates))


def test_names_and_values_are_checked_when_scheduling(home, monkeypatch):
    with pytest.raises(UnknownName, match="05_tiny"):
        schedule(job_of("huge"), "@daily")
    with pytest.raises(UnknownName, match="count"):
        schedule(job_of("tiny", parameters={"counts": 1}), "@daily")
    with pytest.raises(InvalidValue, match="count"):
        schedule(job_of("tiny", parameters={"count": "many"}), "@daily")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable, match="util-linux"):
        schedule(job_of("tiny"), "@daily")
