"""Reports at fixed times: the lines for cron and for systemd that run one, printed and never installed."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.apps.report import parameters as notebook_parameters
from toolkit.core import folders
from toolkit.core.errors import InvalidValue, Unavailable, invalid

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


def schedule(
    name: str, *, cron: str, preset: Path | None = None, parameters: Mapping[str, Any] | None = None
) -> str:
    """What to paste to have a report made at fixed times: a cron line, and a systemd service with its timer.

    Paths are absolute, and both run under one lock (``flock``), so that a report that takes long is never joined by
    the next one.

    Parameters
    ----------
    name : str
        A notebook, as for a report.
    cron : str
        Five fields (minute, hour, day of the month, month, day of the week), or a nickname such as ``@daily``.
    preset : Path, optional
    parameters : mapping, optional
        Both are checked now, so that nothing fails at night for a misspelt name.

    Raises
    ------
    UnknownName, InvalidValue
        As for a report; a cron expression that is malformed or never comes true.
    Unavailable
        ``flock`` is not installed.
    """
    calendar = on_calendar(cron)
    notebook = notebook_parameters.find(name)
    given = dict(parameters or {})
    notebook_parameters.resolve(notebook, preset=preset, given=given)
    flock = shutil.which("flock")
    if flock is None:
        raise Unavailable("schedule needs flock; install the package util-linux.")
    root = folders.home()
    lock = root / "reports" / f".{notebook.stem}.lock"
    log = root / "reports" / f"{notebook.stem}.log"
    report = [sys.executable, "-m", "toolkit", "report", name]
    if name.endswith(".ipynb"):
        report[-1] = str(notebook)
    if preset is not None:
        report += ["-f", str(Path(preset).resolve() if Path(preset).exists() else preset)]
    for key, value in given.items():
        report += ["-p", key, _as_text(value)]
    command = [flock, "-n", str(lock), *report]
    line = f"cd {shlex.quote(str(root))} && {shlex.join(command)} >> {shlex.quote(str(log))} 2>&1"
    unit = f"atelier-{notebook.stem}"
    timers = "\n".join(f"OnCalendar={entry}" for entry in calendar)
    return f"""\
# cron: add this line with 'crontab -e'
{" ".join(cron.split())} {line.replace("%", chr(92) + "%")}

# systemd: save the next two parts in ~/.config/systemd/user, then
#   systemctl --user daemon-reload && systemctl --user enable --now {unit}.timer
# {unit}.service
[Unit]
Description=Atelier report {notebook.stem}

[Service]
Type=oneshot
WorkingDirectory={str(root).replace("%", "%%")}
ExecStart={" ".join(_systemd_quoted(word) for word in command)}

# {unit}.timer
[Unit]
Description=When to make the Atelier report {notebook.stem}

[Timer]
{timers}
Persistent=true

[Install]
WantedBy=timers.target
"""


def on_calendar(cron: str) -> list[str]:
    """The systemd calendar events of a cron expression; any of them starts the job.

    Cron runs a job when the day of the month *or* the day of the week fits, if neither field begins with ``*``:
    that takes two calendar events.

    Raises
    ------
    InvalidValue
        Malformed, or a day that no month in it has.

    Examples
    --------
    >>> on_calendar("0 3 * * *")
    ['*-*-* 03:00:00']
    >>> on_calendar("*/30 6 * * mon-fri")
    ['Mon,Tue,Wed,Thu,Fri *-*-* 06:00,30:00']
    >>> on_calendar("0 0 1 * 0")
    ['*-*-01 00:00:00', 'Sun *-*-* 00:00:00']
    """
    fields = _NICKNAMES.get(cron.strip().lower(), cron).split()
    if len(fields) != len(_FIELDS):
        constraint = "five fields (minute hour day month weekday) or a nickname such as @daily"
        raise invalid("cron", "schedule", constraint, cron, "For example '0 3 * * *', every night at three.")
    minutes, hours, days, months, weekdays = (
        _values(text, *spec, cron=cron) for text, spec in zip(fields, _FIELDS, strict=True)
    )
    either_day = not fields[2].startswith("*") and not fields[4].startswith("*")
    if days and not either_day and min(days) > max(_LONGEST_MONTH[m - 1] for m in months or range(1, 13)):
        raise InvalidValue(
            f"'cron' of schedule must come true some day; got {cron!r}. No such month has day {min(days)}."
        )
    time = f"{_listed(hours)}:{_listed(minutes)}:00"
    on_dates = f"*-{_listed(months)}-{_listed(days)} {time}"
    week = ",".join(_DAYS[d].capitalize() for d in dict.fromkeys(day % 7 for day in weekdays))
    if either_day:
        return [on_dates, f"{week} *-{_listed(months)}-* {time}"]
    return [f"{week} {on_dates}".strip()]


def _values(text: str, field: str, low: int, high: int, words: tuple[str, ...], *, cron: str) -> list[int]:
    """The numbers that one field names, sorted; empty for every one."""
    if text == "*":
        return []
    found: set[int] = set()
    for part in text.lower().split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        ends = [_number(first, low, words), _number(last if dash else first, low, words)]
        if span == "*":
            ends = [low, min(high, 6) if field == "day of the week" else high]
        step_is_right = not slash or (
            step.isascii() and step.isdigit() and int(step) > 0 and (dash or span == "*")
        )
        if not step_is_right or None in ends or not low <= ends[0] <= ends[1] <= high:  # type: ignore[operator]
            constraint = f"*, a number in {low}-{high}, a range, a list of them, or a step such as */2"
            raise invalid(field, f"cron {cron!r}", constraint, part)
        found.update(range(ends[0], ends[1] + 1, int(step) if slash else 1))  # type: ignore[arg-type, operator]
    return sorted(found)


def _number(text: str, low: int, words: tuple[str, ...]) -> int | None:
    if text in words:
        return words.index(text) + low
    return int(text) if text.isascii() and text.isdigit() else None


def _listed(values: list[int]) -> str:
    return ",".join(f"{value:02d}" for value in values) or "*"


def _as_text(value: Any) -> str:
    """A parameter as ``-p`` takes it; JSON is YAML too."""
    return value if isinstance(value, str) else json.dumps(value)


def _systemd_quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or not word or any(c in word for c in " '\t;") else word
