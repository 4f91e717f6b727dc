"""Alerts of a changed time in words: the trial, date and size of the change, its possible causes, and a command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from toolkit.core import units
from toolkit.results.history.judged import Change, History

_NOTHING = "nothing that Atelier records changed between these runs"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One lasting change of the time of a trial (change of level), as text."""

    history: History
    change: Change

    @property
    def headline(self) -> str:
        """The trial, the size of the change of its time, and the date of the change."""
        point, change = self.change.point, self.change
        word = "slower" if point.is_slower else "faster"
        size = abs(point.ratio - 1)
        ends = sorted((abs(point.low - 1), abs(point.high - 1)))
        when = change.date[:16].replace("T", " ")
        first, last = change.earliest_date[:16].replace("T", " "), change.latest_date[:16].replace("T", " ")
        between = "" if first == last else f", between {first} and {last}"
        return (
            f"{self.history.series.trial} got {units.percent(size)} {word} "
            f"[{units.percent(ends[0])}, {units.percent(ends[1])}] on {when} UTC{between}: "
            f"{units.seconds(change.before_s)}, then {units.seconds(change.after_s)}"
        )

    def __str__(self) -> str:
        change = self.change
        busy = (
            f" The machine was busy in {change.n_suspect} of {units.counted(change.n_after, 'run')} after the change."
            if change.n_suspect
            else ""
        )
        causes = "; ".join(change.causes) or _NOTHING
        return (
            f"{self.headline}. What changed: {causes}.{busy} This is an alert, no verdict: the runs before "
            f"and after the change were measured apart, not in turns. To measure again: {change.command}"
        )

    def to_dict(self) -> dict[str, Any]:
        """The alert as plain values, for JSON."""
        point, change = self.change.point, self.change
        return {
            "trial": self.history.series.trial,
            "machine": self.history.series.machine_name,
            "date": change.date,
            "earliest": change.earliest_date,
            "latest": change.latest_date,
            "seen": change.seen_date,
            "ratio": point.ratio,
            "ratio_low": point.low,
            "ratio_high": point.high,
            "before_s": change.before_s,
            "after_s": change.after_s,
            "runs_after": change.n_after,
            "suspect_runs_after": change.n_suspect,
            "causes": list(change.causes),
            "command": change.command,
            "sentence": str(self),
        }


def alerts(histories: Sequence[History], *, most: int | None = None) -> list[Alert]:
    """The alerts of some histories, the newest first; at most `most` alerts."""
    found = [Alert(history=history, change=change) for history in histories for change in history.changes]
    return sorted(found, key=lambda alert: alert.change.date, reverse=True)[:most]


@dataclass(frozen=True)
class Listed:
    """Alerts as a list of sentences, or one sentence if there is no alert."""

    alerts: Sequence[Alert]
    n_series: int

    def __str__(self) -> str:
        if not self.alerts:
            return f"No change that lasts was found in the times of {self.n_series} series of runs."
        return "\n\n".join(map(str, self.alerts))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if not self.alerts:
            return f"<p>{escape(str(self))}</p>"
        items = "".join(f"<li>{_as_html(alert)}</li>" for alert in self.alerts)
        return f'<ul class="atelier-alerts">{items}</ul>'


def _as_html(alert: Alert) -> str:
    """The text of an alert as HTML, with its headline in bold and its command as code."""
    rest = str(alert)[len(alert.headline) + 2 :].removesuffix(alert.change.command)
    return f"<strong>{escape(alert.headline)}.</strong> {escape(rest)}<code>{escape(alert.change.command)}</code>"


def listed(histories: Sequence[History], *, most: int) -> Listed:
    """The newest alerts of some histories, for display in a notebook."""
    return Listed(alerts(histories, most=most), len(histories))
