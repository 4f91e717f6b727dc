"""Search the new runs of a series for lasting changes of the time, and describe each: dates, levels, causes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from toolkit.analysis.change_point import ChangePoint
from toolkit.analysis.change_points import change_points
from toolkit.results.history.causes import command_for_both_sides, machine_change, what_changed
from toolkit.results.history.judged import RULE, Change
from toolkit.results.history.runs import Runs, runs_of
from toolkit.results.history.series import RunSeries
from toolkit.results.store.store import Store
from toolkit.results.store.store_file import StoreFile

SHOWN_RUNS = 40
"""Number of runs that the small chart (sparkline) of a series shows."""


def judged(file: StoreFile, series: RunSeries, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The judgement of a series as a dict for the store: the changes of the series, and the values for tables.

    Parameters
    ----------
    file : StoreFile
        The SQLite file of the store that holds the runs.
    series : RunSeries
        The series to judge.
    kept : mapping
        The stored judgement of earlier runs; only runs after these earlier runs are judged.
    """
    runs = runs_of(file, series.id)
    n_known = kept.get("n_runs", 0) if kept.get("rule") == RULE else 0
    if n_known > runs.ids.size or kept.get("checksum") != runs.checksum(n_known):
        n_known = 0  # judge every run again, because runs were deleted or merged since the last judgement
    before = kept.get("changes", []) if n_known else []
    known = [ChangePoint(**one["point"]) for one in before]
    points = change_points(runs.latency_s, days=runs.days, known=known, n_judged=n_known)
    changes = [*before, *(asdict(_change(file, runs, points, i)) for i in range(len(known), len(points)))]
    timed = runs.latency_s[np.isfinite(runs.latency_s)]
    since = points[-1].at if points else 0
    return {
        "rule": RULE,
        "n_runs": int(runs.ids.size),
        "last": series.last,
        "checksum": runs.checksum(runs.ids.size),
        "first_date": _date(runs.began_s[0]),
        "last_date": _date(runs.began_s[-1]),
        "n_timed": int(timed.size),
        "newest_s": float(timed[-1]) if timed.size else None,
        "level_s": _level(runs, max(since, runs.ids.size - 21), runs.ids.size),
        "shown_s": [float(f"{s:.5g}") if math.isfinite(s) else None for s in runs.latency_s[-SHOWN_RUNS:]],
        "changes": changes,
    }


def _change(file: StoreFile, runs: Runs, points: Sequence[ChangePoint], number: int) -> Change:
    point = points[number]
    begin = max(points[number - 1].at if number else 0, point.at - 21)
    around = {"before": (begin, point.at), "after": (point.at, point.seen + 1)}
    levels = {name: _level(runs, *ends) or math.nan for name, ends in around.items()}
    sentinels = {name: _median(runs.sentinel_s[slice(*ends)]) for name, ends in around.items()}
    ratio = sentinels["after"] / sentinels["before"]
    sentinel_ratio = ratio if math.isfinite(ratio) else None
    causes, command = _explained(file, runs, point, sentinel_ratio)
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
    file: StoreFile, runs: Runs, point: ChangePoint, sentinel_ratio: float | None
) -> tuple[list[str], str]:
    """The differences between the states before and after a change, and a command to measure both states again."""
    pairs = [
        (_timed_before(runs, point.at), int(runs.ids[point.at])),
        (_timed_before(runs, point.earliest), int(runs.ids[point.latest])),
    ]
    found = Store(file.path).numbered(number for pair in pairs for number in pair)
    for before, after in pairs:
        causes = [*what_changed(found[before], found[after])]
        if causes:
            causes += machine_change(sentinel_ratio)
            return causes, command_for_both_sides(found[before], found[after])
    return [*machine_change(sentinel_ratio)], command_for_both_sides(*(found[number] for number in pairs[0]))


def _timed_before(runs: Runs, place: int) -> int:
    """Id of the last run before the position `place` that made a right picture."""
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
