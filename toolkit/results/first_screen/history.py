"""The first screen (summary) of the notebook about the runs of many months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.core import units
from toolkit.results.first_screen.origin import machine_line
from toolkit.results.first_screen.screen import Card, FirstScreen, Tag
from toolkit.results.history.alerts import Listed
from toolkit.results.history.judged import History

_MOST_CARDS = 3


def history_screen(histories: Sequence[History], found: Listed, *, machine: Mapping[str, Any]) -> FirstScreen:
    """Show the number of series that changed, and the newest changes as cards.

    Parameters
    ----------
    histories : sequence of History
        Series of runs, each with the lasting changes of the time of its runs.
    found : Listed
        The newest lasting changes (alerts) of these series.
    machine : mapping
        Facts about this machine, as a measurement stores them.
    """
    n_runs = sum(h.series.n_runs for h in histories)
    days = sorted({date[:10] for h in histories for date in (h.first_date, h.last_date)})
    facts = [f"{days[0]} to {days[-1]}" if len(days) > 1 else days[0]] if days else []
    n_changed = sum(bool(h.changes) for h in histories)
    return FirstScreen(
        lead=_lead(histories, found, n_changed),
        machine=machine_line(machine),
        facts=facts,
        tags=[Tag(f"{len(histories)} series, {units.counted(n_runs, 'run')}"), _tag(found)],
        fingerprint=machine,
        cards=[_card(found, number) for number in range(min(_MOST_CARDS, len(found.alerts)))],
    )


def _lead(histories: Sequence[History], found: Listed, n_changed: int) -> str:
    if not histories:
        return "**Nothing was measured yet**: atelier bench OPERATION makes the first run."
    if not found.alerts:
        short = sum(h.n_timed < 10 for h in histories)
        more = f" {short} of these series have fewer than ten runs, too few to judge." if short else ""
        return f"**No change that lasts** in the times of {len(histories)} series of runs.{more}"
    newest = found.alerts[0]
    return f"**{n_changed} of {len(histories)} series changed**; the newest: {newest.headline}."


def _tag(found: Listed) -> Tag:
    return Tag(units.counted(len(found.alerts), "alert"), is_warning=bool(found.alerts))


def _card(found: Listed, number: int) -> Card:
    alert = found.alerts[number]
    point = alert.change.point
    word = "slower" if point.is_slower else "faster"
    return Card(
        title=f"{alert.history.series.operation} on {alert.change.date[:10]}",
        name=alert.history.series.trial,
        verb="Measure again:",
        take=alert.change.command,
        figures=[
            (units.percent(abs(point.ratio - 1)), word),
            (
                units.seconds(alert.change.after_s),
                f"a call; before the change {units.seconds(alert.change.before_s)}",
            ),
        ],
        sure="; ".join(alert.change.causes) or "nothing that Atelier records changed between these runs",
        is_sure=bool(alert.change.causes),
    )
