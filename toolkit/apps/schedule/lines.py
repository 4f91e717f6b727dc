"""Text that makes a report at fixed times: a cron line, a systemd service and timer."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from toolkit.apps.report import parameters as notebook_parameters
from toolkit.apps.report.artifacts import FOLDER_VARIABLE
from toolkit.apps.schedule.times import on_calendar, parse_cron
from toolkit.core import folders
from toolkit.core.errors import Unavailable
from toolkit.machine.hardware import thread_environment
from toolkit.studies.fresh import SINCE_VARIABLE
from toolkit.studies.run_record import RECORD_VARIABLE

_OWN = re.compile("ATELIER_|NUMBA_|OMP_|OPENCV_|ORT_|OV_|TORCH|PYTORCH_")
_DECIDING = ("CUDA_VISIBLE_DEVICES", "PYTHONPATH", "XDG_CACHE_HOME", "XDG_DATA_HOME")

_SERVICE = """\
[Unit]
Description=Atelier report {notebook}

[Service]
Type=oneshot
WorkingDirectory={folder}
{environment}ExecStart={command}
"""

_TIMER = """\
[Unit]
Description=Times of the Atelier report {notebook}

[Timer]
{timers}
Persistent=true

[Install]
WantedBy=timers.target
"""

_TEXT = """\
# cron: add this line with 'crontab -e'; the next runs are at {next_runs}
{cron_line}

# systemd: save the next two parts in ~/.config/systemd/user, then
#   systemctl --user daemon-reload && systemctl --user enable --now {unit}.timer
# {unit}.service
{service}
# {unit}.timer
{timer}"""


@dataclass(frozen=True, kw_only=True)
class ReportJob:
    """A report that is made at fixed times, always from new measurements.

    Attributes
    ----------
    notebook : str
        File name of the notebook without the suffix.
    arguments : tuple of str
        Arguments of the command ``atelier`` that makes the report, with absolute paths.
    folder : Path
        The folder in which the command that makes the report runs.
    reports : Path
        Folder of the finished reports, the lock file and the log.
    variables : dict
        Environment variables that affect results; cron and systemd do not inherit this shell's variables.
    """

    notebook: str
    arguments: tuple[str, ...]
    folder: Path
    reports: Path
    variables: dict[str, str]

    @property
    def unit(self) -> str:
        """Name of the report's systemd units, and of the report's part of a crontab."""
        return f"atelier-{self.notebook}"

    @property
    def lock(self) -> Path:
        """The file that a run of the report locks, so that two runs never overlap."""
        return self.reports / f".{self.notebook}.lock"

    @property
    def command(self) -> list[str]:
        """The command that makes the report once."""
        return [sys.executable, "-m", "toolkit", *self.arguments]

    @property
    def locked_command(self) -> list[str]:
        """The command that makes the report once, but only while the command holds the report's lock.

        Raises
        ------
        Unavailable
            ``flock`` is not installed.
        """
        flock = shutil.which("flock")
        if flock is None:
            raise Unavailable("schedule needs flock; install the package util-linux.")
        return [flock, "-n", str(self.lock), *self.command]


def job_of(
    name: str,
    *,
    preset: Path | None = None,
    parameters: Mapping[str, Any] | None = None,
    more: Sequence[str] = (),
) -> ReportJob:
    """Make a `ReportJob`, and check its notebook and parameters now instead of at the first run.

    Parameters
    ----------
    name : str
        A notebook, named as in ``atelier report``.
    preset : Path, optional
        YAML file with values for the notebook's parameters.
    parameters : mapping, optional
        Values for the notebook's parameters; they override the values of the preset.
    more : sequence of str
        Further arguments of ``atelier report``.

    Raises
    ------
    UnknownName, InvalidValue
        The errors of ``atelier report``: a notebook, a parameter or a value is wrong.
    """
    notebook = notebook_parameters.find(name)
    given = dict(parameters or {})
    notebook_parameters.resolve(notebook, preset=preset, given=given)
    reports = folders.made_home() / "reports"
    with suppress(OSError):  # the report itself raises an error if it cannot write the folder
        reports.mkdir(exist_ok=True)
    arguments = ["report", name if notebook_parameters.is_named(notebook) else str(notebook)]
    if preset is not None:
        arguments += ["-f", str(notebook_parameters.find_preset(preset))]
    for key, value in given.items():
        arguments += ["-p", key, notebook_parameters.as_text(value)]
    return ReportJob(
        notebook=notebook.stem,
        arguments=(*arguments, "--fresh", *more),
        folder=Path.cwd(),
        reports=reports,
        variables=_deciding(os.environ),
    )


def schedule(job: ReportJob, cron: str) -> str:
    """Write a cron line, and a systemd service with its timer, that make a report at fixed times.

    Paths are absolute, and the lines set the environment variables of this shell that affect results, because cron and
    systemd do not inherit them. The cron line and the service use the same lock (``flock``), so that two runs of a
    report never overlap.

    Parameters
    ----------
    job : ReportJob
        The report to make.
    cron : str
        Five fields (minute, hour, day of the month, month, day of the week), or a nickname such as ``@daily``.

    Raises
    ------
    InvalidValue
        The cron expression is malformed or never fires.
    Unavailable
        ``flock`` is not installed.
    """
    next_runs = ", ".join(f"{date:%Y-%m-%d %H:%M}" for date in islice(parse_cron(cron), 3))
    service, timer = systemd_units(job, cron).values()
    return _TEXT.format(
        next_runs=next_runs, cron_line=cron_line(job, cron), unit=job.unit, service=service, timer=timer
    )


def cron_line(job: ReportJob, cron: str) -> str:
    """The line of a crontab that makes the report; raises the errors of `schedule`."""
    parse_cron(cron)
    log = shlex.quote(str(job.reports / f"{job.notebook}.log"))
    told = ["env", *(f"{name}={value}" for name, value in job.variables.items())] if job.variables else []
    line = f"cd {shlex.quote(str(job.folder))} && {shlex.join([*told, *job.locked_command])} >> {log} 2>&1"
    return " ".join(cron.split()) + " " + line.replace("%", "\\%")


def systemd_units(job: ReportJob, cron: str) -> dict[str, str]:
    """The text of the systemd service and of the timer, by file name; raises the errors of `schedule`."""
    environment = "".join(
        f"Environment={_systemd_quoted(f'{name}={value}')}\n" for name, value in job.variables.items()
    )
    service = _SERVICE.format(
        notebook=job.notebook,
        folder=str(job.folder).replace("%", "%%"),
        environment=environment,
        command=" ".join(_systemd_quoted(word) for word in job.locked_command),
    )
    timers = "\n".join(f"OnCalendar={event}" for event in on_calendar(cron))
    timer = _TIMER.format(notebook=job.notebook, timers=timers)
    return {f"{job.unit}.service": service, f"{job.unit}.timer": timer}


def _deciding(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that affect measurements: folders, weights, numbers of threads, runtime settings.

    >>> _deciding({"ATELIER_WEIGHTS": "/w", "HOME": "/root", "OMP_NUM_THREADS": "1"})
    {'ATELIER_WEIGHTS': '/w', 'OMP_NUM_THREADS': '1'}
    """
    names = {*thread_environment(environment), *_DECIDING} | {n for n in environment if _OWN.match(n)}
    return {
        name: environment[name]
        for name in sorted(names - {FOLDER_VARIABLE, SINCE_VARIABLE, RECORD_VARIABLE})
        if environment.get(name)
    }


def _systemd_quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or not word or any(c in word for c in " '\t;") else word
