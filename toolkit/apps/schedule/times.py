"""Read a cron expression: its next dates, and the systemd calendar events that fire at the same times."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from cronsim import CronSim, CronSimError

from toolkit.core.errors import InvalidValue, invalid

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
"""Pattern of a part of a field that every cron accepts; cronsim also accepts ``L``, the last day of a month."""


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
    times = parse_cron(cron)
    clock = f"{_listed(times.hours, 24)}:{_listed(times.minutes, 60)}:00"
    months, days = _listed(times.months, 12), _listed(times.days, 31)
    numbers = sorted({day % 7 for day in times.weekdays})
    names = "Sun Mon Tue Wed Thu Fri Sat".split()
    weekdays = "" if len(numbers) == 7 else ",".join(names[number] for number in numbers)
    if times.day_and:
        return [f"{weekdays} *-{months}-{days} {clock}".strip()]
    return [f"*-{months}-{days} {clock}", f"{weekdays} *-{months}-* {clock}".strip()]


def parse_cron(cron: str) -> CronSim:
    """Parse a cron expression: its fields as sets, and its next dates in local time.

    Raises
    ------
    InvalidValue
        The expression is malformed, or never fires.
    """
    fields = _NICKNAMES.get(cron.strip().lower(), cron).split()
    if len(fields) != 5:
        constraint = "five fields (minute hour day month weekday) or a nickname such as @daily"
        raise invalid("cron", "schedule", constraint, cron, "For example '0 3 * * *', every night at three.")
    for part in ",".join(fields).split(","):
        if not _PART.fullmatch(part):
            constraint = "made of *, numbers, ranges, lists of these, and steps such as */2"
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
