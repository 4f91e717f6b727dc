"""Write a scheduled report into the user's crontab or systemd folder, or remove it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from toolkit.apps.schedule.lines import ReportJob, cron_line, systemd_units
from toolkit.core.errors import Unavailable
from toolkit.core.files import write_whole

WAYS = ("cron", "systemd")


def install(job: ReportJob, cron: str, way: str) -> str:
    """Write a scheduled report into the crontab or the user's systemd folder; returns a sentence on the change.

    An earlier schedule of the same notebook is replaced.

    Parameters
    ----------
    way : {"cron", "systemd"}
        The program that starts the report at fixed times.

    Raises
    ------
    InvalidValue
        The cron expression is malformed or never fires.
    Unavailable
        The program ``crontab`` or ``systemctl`` is not installed, or fails.
    """
    if way == "cron":
        lines = [*_without(job, _crontab()), *_part(job, cron_line(job, cron))]
        _write_crontab(lines)
        return f"The crontab now has the report {job.notebook}."
    units = systemd_units(job, cron)
    folder = _systemd_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in units.items():
        write_whole(folder / name, text)
    _run(["systemctl", "--user", "daemon-reload"])
    _run(["systemctl", "--user", "enable", "--now", f"{job.unit}.timer"])
    return f"The timer {job.unit}.timer is in {folder} and enabled."


def remove(job: ReportJob) -> list[str]:
    """Remove a scheduled report from the crontab and from systemd; returns a sentence for each removal."""
    done = []
    if shutil.which("crontab"):
        lines = _crontab()
        rest = _without(job, lines)
        if rest != lines:
            _write_crontab(rest)
            done.append(f"The crontab no longer has the report {job.notebook}.")
    files = [_systemd_folder() / f"{job.unit}.{kind}" for kind in ("timer", "service")]
    if any(file.exists() for file in files):
        _run(["systemctl", "--user", "disable", "--now", f"{job.unit}.timer"])
        for file in files:
            file.unlink(missing_ok=True)
        _run(["systemctl", "--user", "daemon-reload"])
        done.append(f"The timer {job.unit}.timer is disabled and removed.")
    return done


def _systemd_folder() -> Path:
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(config) / "systemd" / "user"


def _part(job: ReportJob, line: str) -> list[str]:
    return [f"# begin {job.unit}", line, f"# end {job.unit}"]


def _without(job: ReportJob, lines: list[str]) -> list[str]:
    """The lines of a crontab without the lines of one scheduled report."""
    begin, _, end = _part(job, "")
    kept, is_inside = [], False
    for line in lines:
        is_inside = is_inside or line == begin
        if not is_inside:
            kept.append(line)
        is_inside = is_inside and line != end
    return kept


def _crontab() -> list[str]:
    """The lines of the user's crontab; none if the user has no crontab."""
    if shutil.which("crontab") is None:
        raise Unavailable("--install cron needs the program crontab; install cron, or use --install systemd.")
    done = subprocess.run(["crontab", "-l"], capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def _write_crontab(lines: list[str]) -> None:
    _run(["crontab", "-"], text="\n".join(lines) + "\n")


def _run(command: list[str], *, text: str | None = None) -> None:
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Unavailable(
            f"--install systemd needs the program {command[0]}, which is not installed."
        ) from None
    if done.returncode:
        raise Unavailable(
            f"{' '.join(command)} failed: {done.stderr.strip() or 'the command printed no reason'}"
        )
