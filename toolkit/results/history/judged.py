"""The history of each series; changes are stored when they are found, so that only new runs are judged."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from toolkit.analysis.change_points import ChangePoint, change_points
from toolkit.core.errors import InvalidValue
from toolkit.results.history.series import Runs, RunSeries, every_series, matching, runs_of
from toolkit.results.store.store import Store
from toolkit.results.store.store_file import StoreFile

RULE = 5
"""Version of the rule in `toolkit.analysis.change_points`: after a change of the rule, every run is judged again."""

SHOWN_RUNS = 40
"""Number of runs in a sparkline."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of level in a series, with the measurements on both sides.

    Attributes
    ----------
    point : ChangePoint
    date, seen_date : str
        When the first run at the new level began, and the run that raised the alert; ISO 8601, UTC.
    earliest_date, latest_date : str
        The first run at the new level began in this interval, with about 95 % confidence.
    causes : sequence of str
        Differences between the environments before and after the change, sources first; empty if none is
        known.
    command : str
        Command that measures both sides again in turns, or only the present side if the old side cannot be
        restored.
    before_s, after_s : float
        The two levels: medians of up to 21 runs on each side, s.
    sentinel_ratio : float or None
        Ratio of the times of the machine's small fixed workload after and before; None if it was not timed.
    n_after, n_suspect : int
        Number of runs at the new level when the alert was raised, and of those that the machine disturbed.
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
    """One series with its changes.

    Attributes
    ----------
    series : RunSeries
    first_date, last_date : str
        When its first and its newest run began, ISO 8601, UTC.
    n_timed : int
        Number of runs with a right picture.
    newest_s : float or None
        Latency of the newest run with a right picture, s.
    level_s : float or None
        Median latency of the runs since the last change (of the newest 21 at most), s.
    shown_s : sequence of float or None
        Latencies of the newest `SHOWN_RUNS` runs, s; None for a run that failed.
    changes : sequence of Change
    """

    series: RunSeries
    first_date: str
    last_date: str
    n_timed: int
    newest_s: float | None
    level_s: float | None
    shown_s: Sequence[float | None]
    changes: Sequence[Change]


def histories(store: Store, text: str = "") -> list[History]:
    """The history of every series that matches a text; judges the runs that are new.

    Parameters
    ----------
    store : Store
        Store of the runs, which also keeps the found changes; in a read-only store they are found again each
        time.
    text : str
        A part of the written form of a trial or of the name of a machine.

    Raises
    ------
    InvalidValue
        The text matches no series; the store cannot be read.
    """
    file = StoreFile(store.path)
    found, new = [], {}
    for series in matching(every_series(file), text):
        kept = json.loads(series.judged) if series.judged else {}
        if (kept.get("rule"), kept.get("n_runs"), kept.get("last")) != (RULE, series.n_runs, series.last):
            kept = _judged(store, runs_of(file, series.id), kept, last=series.last)
            new[series.id] = json.dumps(kept, separators=(",", ":"))
        found.append(_read(series, kept))
    if new:
        with suppress(InvalidValue), file.writing() as db:
            db.executemany("UPDATE series SET judged = ? WHERE id = ?", [(v, k) for k, v in new.items()])
    return found


def with_runs(store: Store, histories: Sequence[History], *, most: int) -> list[tuple[History, Runs]]:
    """The histories to draw, with their runs: those with the newest changes first, then those with the most runs."""

    def rank(history: History) -> tuple[str, int]:
        return (history.changes[-1].date if history.changes else "", history.n_timed)

    chosen = sorted((h for h in histories if h.n_timed), key=rank, reverse=True)[:most]
    file = StoreFile(store.path)
    return [(history, runs_of(file, history.series.id)) for history in chosen]


def _judged(store: Store, runs: Runs, kept: dict[str, Any], *, last: int) -> dict[str, Any]:
    """The stored judgement of a series as JSON, with everything that a table shows."""
    n_known = kept.get("n_runs", 0) if kept.get("rule") == RULE else 0
    if n_known > runs.ids.size or kept.get("checksum") != runs.checksum(n_known):
        n_known = 0  # runs were deleted or merged since the last judgement
    before = kept.get("changes", []) if n_known else []
    known = [ChangePoint(**one["point"]) for one in before]
    points = change_points(runs.latency_s, days=runs.days, known=known, n_judged=n_known)
    changes = [*before, *(asdict(_change(store, runs, points, i)) for i in range(len(known), len(points)))]
    timed = runs.latency_s[np.isfinite(runs.latency_s)]
    since = points[-1].at if points else 0
    return {
        "rule": RULE,
        "n_runs": int(runs.ids.size),
        "last": last,
        "checksum": runs.checksum(runs.ids.size),
        "first_date": _date(runs.began_s[0]),
        "last_date": _date(runs.began_s[-1]),
        "n_timed": int(timed.size),
        "newest_s": float(timed[-1]) if timed.size else None,
        "level_s": _level(runs, max(since, runs.ids.size - 21), runs.ids.size),
        "shown_s": [float(f"{s:.5g}") if math.isfinite(s) else None for s in runs.latency_s[-SHOWN_RUNS:]],
        "changes": changes,
    }


def _change(store: Store, runs: Runs, points: Sequence[ChangePoint], number: int) -> Change:
    point = points[number]
    begin = max(points[number - 1].at if number else 0, point.at - 21)
    around = {"before": (begin, point.at), "after": (point.at, point.seen + 1)}
    levels = {name: _level(runs, *ends) or math.nan for name, ends in around.items()}
    sentinels = {name: _median(runs.sentinel_s[slice(*ends)]) for name, ends in around.items()}
    ratio = sentinels["after"] / sentinels["before"]
    sentinel_ratio = ratio if math.isfinite(ratio) else None
    causes, command = _explained(store, runs, point, sentinel_ratio)
    return Change(
        point=point,
        date=_date(runs.began_s[point.at]),
        seen_date=_date(runs.began_s[point.seen]),
        earliest_date=_date(runs.began_s[point.earliest]),
        latest_date=_date(runs.began_s[point.latest]),
        causes=causes,
        command=command,
        before_s=levels["before"],
        after_s=levels["after"],
        sentinel_ratio=sentinel_ratio,
        n_after=point.seen + 1 - point.at,
        n_suspect=int(np.count_nonzero(runs.is_suspect[point.at : point.seen + 1])),
    )


def _explained(
    store: Store, runs: Runs, point: ChangePoint, sentinel_ratio: float | None
) -> tuple[list[str], str]:
    """The differences at the first run of the new level, else within the whole interval; and the command."""
    # Imported here, because a history without a new change needs none of it and should open at once.
    from toolkit.results.history.causes import command_for_both_sides, machine_change, what_changed

    pairs = [
        (_timed_before(runs, point.at), int(runs.ids[point.at])),
        (_timed_before(runs, point.earliest), int(runs.ids[point.latest])),
    ]
    found = store.numbered(number for pair in pairs for number in pair)
    for before, after in pairs:
        causes = [*what_changed(found[before], found[after])]
        if causes:
            causes += machine_change(sentinel_ratio)
            return causes, command_for_both_sides(found[before], found[after])
    return [*machine_change(sentinel_ratio)], command_for_both_sides(*(found[number] for number in pairs[0]))


def _timed_before(runs: Runs, place: int) -> int:
    """Id of the last run before a position whose picture was right."""
    timed = np.flatnonzero(np.isfinite(runs.latency_s[:place]))
    return int(runs.ids[timed[-1]] if timed.size else runs.ids[0])


def _level(runs: Runs, begin: int, end: int) -> float | None:
    value = _median(runs.latency_s[begin:end])
    return value if math.isfinite(value) else None


def _median(values: Any) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else math.nan


def _date(began_s: float) -> str:
    return datetime.fromtimestamp(float(began_s), UTC).isoformat(timespec="seconds")


def _read(series: RunSeries, kept: dict[str, Any]) -> History:
    names = ("first_date", "last_date", "n_timed", "newest_s", "level_s", "shown_s")
    changes = [Change(**{**one, "point": ChangePoint(**one["point"])}) for one in kept["changes"]]
    return History(series=series, changes=changes, **{name: kept[name] for name in names})
