"""The times of a cron expression, as systemd writes them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from toolkit.apps.schedule.times import on_calendar
from toolkit.core.errors import InvalidValue


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
