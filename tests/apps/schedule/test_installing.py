"""A scheduled report is written into a crontab, replaced, and taken away; all other lines stay."""

from __future__ import annotations

import subprocess

import pytest

from toolkit.apps.schedule.installing import install, remove
from toolkit.apps.schedule.lines import job_of
from toolkit.core.errors import Unavailable

CRONTAB = """#!/bin/sh
# The program crontab, with one file as its spool.
if [ "$1" = "-l" ]; then cat "$CRONTAB_FILE" 2>/dev/null; else cat > "$CRONTAB_FILE"; fi
"""


@pytest.fixture
def crontab(tmp_path, monkeypatch):
    """The file of the user's crontab."""
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(CRONTAB)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("CRONTAB_FILE", str(tmp_path / "crontab"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "crontab"


def test_installing_twice_leaves_one_line_and_removing_leaves_the_others(home, crontab):
    crontab.write_text("0 1 * * * other\n")
    job = job_of("tiny")
    install(job, "0 3 * * *", "cron")
    install(job, "0 4 * * *", "cron")
    lines = crontab.read_text().splitlines()
    assert [line[:9] for line in lines if "05_tiny" in line and line[0] != "#"] == ["0 4 * * *"]
    assert lines[0] == "0 1 * * * other"
    assert "crontab" in remove(job)[0]
    assert crontab.read_text() == "0 1 * * * other\n"
    assert remove(job) == []


def test_the_installed_line_makes_the_report(home, crontab):
    install(job_of("tiny"), "0 3 * * *", "cron")
    line = next(line for line in crontab.read_text().splitlines() if line.startswith("0 3"))
    command = line.removeprefix("0 3 * * * ").replace("\\%", "%")
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    assert subprocess.run(["/bin/sh", "-c", command], env=environment, cwd="/", timeout=120).returncode == 0
    assert (home / "reports" / "latest" / "index.html").exists()


def test_without_the_program_nothing_is_written(home, tmp_path, monkeypatch):
    job = job_of("tiny")
    (tmp_path / "flock-only").mkdir()
    (tmp_path / "flock-only" / "flock").symlink_to("/usr/bin/flock")
    monkeypatch.setenv("PATH", str(tmp_path / "flock-only"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for way, program in (("cron", "crontab"), ("systemd", "systemctl")):
        with pytest.raises(Unavailable, match=program):
            install(job, "0 3 * * *", way)
