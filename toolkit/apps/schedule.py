"""Write a cron line and systemd units that make a report at fixed times; the user installs what Atelier prints."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from cronsim import CronSim, CronSimError

from toolkit.apps.report import parameters as notebook_parameters
from toolkit.apps.report.artifacts import FOLDER_VARIABLE
from toolkit.core import folders
from toolkit.core.errors import InvalidValue, Unavailable, invalid
from toolkit.machine.hardware import thread_environment
from toolkit.studies.fresh import SINCE_VARIABLE
from toolkit.studies.run_record import RECORD_VARIABLE

_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_VALUE = r"(\d+|[a-z]{3})"
_PART = re.compile(rf"(\*|{_VALUE}-{_VALUE})(/\d+)?|{_VALUE}", re.IGNORECASE)
"""Syntax of a part of a field that every cron accepts; cronsim also accepts ``L`` for the last day."""

_OWN = re.compile("ATELIER_|NUMBA_|OMP_|OPENCV_|ORT_|OV_|TORCH|PYTORCH_")
_DECIDING = ("CUDA_VISIBLE_DEVICES", "PYTHONPATH", "XDG_CACHE_HOME", "XDG_DATA_HOME")

_TEXT = """\
# cron: add this line with 'crontab -e'; the next runs are at {next_runs}
{cron_line}

# systemd: save the next two parts in ~/.config/systemd/user, then
#   systemctl --user daemon-reload && systemctl --user enable --now {unit}.timer
# {unit}.service
[Unit]
Description=Atelier report {notebook}

[Service]
Type=oneshot
WorkingDirectory={folder}
{environment}ExecStart={command}

# {unit}.timer
[Unit]
Description=Times of the Atelier report {notebook}

[Timer]
{timers}
Persistent=true

[Install]
WantedBy=timers.target
"""


def schedule(
    name: str, *, cron: str, preset: Path | None = None, parameters: Mapping[str, Any] | None = None
) -> str:
    """Write a cron line, and a systemd service with its timer, that make a report at fixed times.

    The report is fresh, because otherwise it would show stored measurements under a new date. Paths are absolute, and
    the lines set the environment variables of this shell that affect results, because cron and systemd do not inherit
    them. The cron line and the service use the same lock (``flock``), so that two runs of a report never overlap.

    Parameters
    ----------
    name : str
        A notebook, named as in ``atelier report``.
    cron : str
        Five fields (minute, hour, day of the month, month, day of the week), or a nickname such as ``@daily``.
    preset : Path, optional
    parameters : mapping, optional
        Values of the notebook's parameters. `schedule` checks preset and parameters now, before the first report runs.

    Raises
    ------
    UnknownName, InvalidValue
        The notebook or a parameter is not valid, or the cron expression is malformed or never fires.
    Unavailable
        ``flock`` is not installed.
    """
    times = _parse(cron)
    notebook = notebook_parameters.find(name)
    given = dict(parameters or {})
    notebook_parameters.resolve(notebook, preset=preset, given=given)
    flock = shutil.which("flock")
    if flock is None:
        raise Unavailable("schedule needs flock; install the package util-linux.")
    here, reports = Path.cwd(), folders.made_home() / "reports"
    with suppress(OSError):  # the report itself raises an error if it cannot write the folder
        reports.mkdir(exist_ok=True)
    variables = _deciding(os.environ)
    locked = [flock, "-n", str(reports / f".{notebook.stem}.lock")]
    command = [
        *locked,
        sys.executable,
        "-m",
        "toolkit",
        "report",
        name if notebook_parameters.is_named(notebook) else str(notebook),
    ]
    if preset is not None:
        command += ["-f", str(notebook_parameters.find_preset(preset))]
    for key, value in given.items():
        command += ["-p", key, notebook_parameters.as_text(value)]
    command.append("--fresh")
    log = shlex.quote(str(reports / f"{notebook.stem}.log"))
    told = ["env", *(f"{name}={value}" for name, value in variables.items())] if variables else []
    line = f"cd {shlex.quote(str(here))} && {shlex.join([*told, *command])} >> {log} 2>&1"
    return _TEXT.format(
        next_runs=", ".join(f"{date:%Y-%m-%d %H:%M}" for date in islice(times, 3)),
        cron_line=" ".join(cron.split()) + " " + line.replace("%", "\\%"),
        unit=f"atelier-{notebook.stem}",
        notebook=notebook.stem,
        folder=str(here).replace("%", "%%"),
        environment="".join(
            f"Environment={_systemd_quoted(f'{name}={value}')}\n" for name, value in variables.items()
        ),
        command=" ".join(_systemd_quoted(word) for word in command),
        timers="\n".join(f"OnCalendar={event}" for event in on_calendar(cron)),
    )


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


def on_calendar(cron: str) -> list[str]:
    """The systemd calendar events that together fire at the times of a cron expression.

    If neither the day of the month nor the day of the week begins with ``*``, cron runs a job when *either* matches:
    systemd needs two calendar events for such an expression.

    Raises
    ------
    InvalidValue
        The expression is malformed, or never fires.

    Examples
    --------
    >>> on_calendar("0 3 * * *")
    ['*-*-* 03:00:00']
    >>> on_calendar("*/30 6 * * mon-fri")
    ['Mon,Tue,Wed,Thu,Fri *-*-* 06:00,30:00']
    >>> on_calendar("0 0 1 * 0")
    ['*-*-01 00:00:00', 'Sun *-*-* 00:00:00']
    """
    times = _parse(cron)
    clock = f"{_listed(times.hours, 24)}:{_listed(times.minutes, 60)}:00"
    months, days = _listed(times.months, 12), _listed(times.days, 31)
    numbers = sorted({day % 7 for day in times.weekdays})
    names = "Sun Mon Tue Wed Thu Fri Sat".split()
    weekdays = "" if len(numbers) == 7 else ",".join(names[number] for number in numbers)
    if times.day_and:
        return [f"{weekdays} *-{months}-{days} {clock}".strip()]
    return [f"*-{months}-{days} {clock}", f"{weekdays} *-{months}-* {clock}".strip()]


def _parse(cron: str) -> CronSim:
    """Parse a cron expression: its fields as sets, and its next dates in local time."""
    fields = _NICKNAMES.get(cron.strip().lower(), cron).split()
    if len(fields) != 5:
        constraint = "five fields (minute hour day month weekday) or a nickname such as @daily"
        raise invalid("cron", "schedule", constraint, cron, "For example '0 3 * * *', every night at three.")
    for part in ",".join(fields).split(","):
        if not _PART.fullmatch(part):
            constraint = "made of *, numbers, ranges, lists of them, and steps such as */2"
            raise invalid("cron", "schedule", constraint, cron, f"The part {part!r} is not valid.")
    with_any_month = " ".join([*fields[:3], "*", fields[4]])
    for expression in (with_any_month, " ".join(fields)):
        try:
            times = CronSim(expression, datetime.now())
        except CronSimError as error:
            if "day" in str(error) and expression != with_any_month:
                reason = f"month {fields[3]} has no day {fields[2]}"
                raise InvalidValue(f"'cron' never fires: {reason}; got {cron!r}.") from None
            raise InvalidValue(f"'cron' is malformed: {str(error).lower()}; got {cron!r}.") from None
    return times


def _listed(values: Collection[int], n_all: int) -> str:
    return "*" if len(values) == n_all else ",".join(f"{value:02d}" for value in sorted(values))


def _systemd_quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or not word or any(c in word for c in " '\t;") else word
