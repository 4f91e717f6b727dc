"""The history of each series of runs; found changes are stored, so that only new runs are searched for changes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.analysis.change_point import ChangePoint
from toolkit.core.errors import InvalidValue
from toolkit.results.history.series import RunSeries, every_series, matching
from toolkit.results.store.store_file import StoreFile

if TYPE_CHECKING:
    from toolkit.results.store.store import Store

RULE = 5
"""Version of the rule in `toolkit.analysis.change_points`: after a change of the rule, every run is judged again."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A lasting change of the time in a series of runs (change of level).

    Attributes
    ----------
    point : ChangePoint
        The change, as `toolkit.analysis.change_points` found it.
    date, seen_date : str
        When the first run at the new level began, and when the run that raised the alert began; ISO 8601, UTC.
    earliest_date, latest_date : str
        Ends of the interval in which the first run at the new level began, with about 95 % confidence.
    causes : sequence of str
        Differences between the environments before and after the change, sources first; empty if none is
        known.
    command : str
        Command that measures the states before and after the change again in turns, or only the present state if the
        old state cannot be restored.
    before_s, after_s : float
        The levels before and after the change: medians of the times of up to 21 runs, s.
    sentinel_ratio : float or None
        Time of the machine's small fixed workload after the change, divided by its time before the change; None if
        this workload was not timed.
    n_after, n_suspect : int
        Number of runs at the new level when the alert was raised, and number of these runs on a busy machine.
    """

    point: ChangePoint
    date: str
    seen_date: str
    earliest_date: str
    latest_date: str
    causes: Sequence[str]
    command: str
    before_s: float
    after_s: float
    sentinel_ratio: float | None
    n_after: int
    n_suspect: int


@dataclass(frozen=True, kw_only=True)
class History:
    """One series of runs with the lasting changes of the time of these runs.

    Attributes
    ----------
    series : RunSeries
        The series of runs.
    first_date, last_date : str
        When the first and the newest run of the series began, ISO 8601, UTC.
    n_timed : int
        Number of runs with a right picture.
    newest_s : float or None
        Latency of the newest run with a right picture, s.
    level_s : float or None
        Median latency of the runs since the last change (of the newest 21 at most), s.
    shown_s : sequence of float or None
        Latencies of the newest runs, 40 at most, s; None for a run that failed.
    changes : sequence of Change
        The lasting changes of the time of the runs in this series.
    """

    series: RunSeries
    first_date: str
    last_date: str
    n_timed: int
    newest_s: float | None
    level_s: float | None
    shown_s: Sequence[float | None]
    changes: Sequence[Change]


def histories(store: Store | StoreFile, text: str = "") -> list[History]:
    """The history of every series whose trial or machine matches `text`; searches only new runs for changes.

    Parameters
    ----------
    store : Store or StoreFile
        Store of the runs, which also keeps the found changes; with a read-only store, the changes are found again by
        each call.
    text : str
        A part of the written form of a trial or of the name of a machine.

    Raises
    ------
    InvalidValue
        `text` matches no series, or the store cannot be read.
    """
    file = StoreFile(store.path)
    every = matching(every_series(file), text)
    kept = {one.id: json.loads(one.judged) if one.judged else {} for one in every}
    old = [one for one in every if not _is_up_to_date(one, kept[one.id])]
    if old:
        # `judged` is imported only here, so that a history without new runs, which needs no judgement, opens at once.
        from toolkit.results.history.judging import judged

        new = {one.id: judged(file, one, kept[one.id]) for one in old}
        kept |= new
        rows = [(json.dumps(value, separators=(",", ":")), number) for number, value in new.items()]
        with suppress(InvalidValue), file.writing() as db:
            db.executemany("UPDATE series SET judged = ? WHERE id = ?", rows)
    return [_read(one, kept[one.id]) for one in every]


def _is_up_to_date(series: RunSeries, kept: Mapping[str, Any]) -> bool:
    return (kept.get("rule"), kept.get("n_runs"), kept.get("last")) == (RULE, series.n_runs, series.last)


def _read(series: RunSeries, kept: dict[str, Any]) -> History:
    names = ("first_date", "last_date", "n_timed", "newest_s", "level_s", "shown_s")
    changes = [Change(**{**one, "point": ChangePoint(**one["point"])}) for one in kept["changes"]]
    return History(series=series, changes=changes, **{name: kept[name] for name in names})
