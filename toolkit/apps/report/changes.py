"""Describe the changes since the previous report of the same notebook, from the ``report.json`` of both reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from toolkit.core import units

MOST_ROWS = 12
"""Largest number of trials whose times in the previous and in the new report are listed."""


def changes(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """Sentences about changed rows, versions and machine; times are listed, but never called faster or slower.

    Parameters
    ----------
    now, before : mapping
        Contents of ``report.json`` of the new report and of the previous report.
    """
    rows, old = now.get("rows", {}), before.get("rows", {})
    both = [trial for trial in rows if trial in old]
    again = [trial for trial in both if rows[trial]["began"] != old[trial]["began"]]
    said = list(_rows_that_came_or_went(rows, old))
    if both and not again:
        said.append(
            f"The rows that both reports have ({len(both)}) are the same measurements: nothing was measured again. "
            f"To measure again: {now['command']} --fresh."
        )
    elif len(both) > len(again):
        n_kept = len(both) - len(again)
        said.append(
            f"Without measuring again, this report repeats {units.counted(n_kept, 'row')} of the previous report."
        )
    said += [
        _changed_status(trial, rows[trial], old[trial])
        for trial in again
        if _differs(rows[trial], old[trial])
    ]
    said += _times(again, rows, old)
    return [*said, *_of_machine(now, before)]


def _rows_that_came_or_went(rows: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[str]:
    for words, trials in (("this", set(rows) - set(old)), ("the previous", set(old) - set(rows))):
        if trials:
            named = ", ".join(sorted(trials)[:3]) + (" and others" if len(trials) > 3 else "")
            yield f"Only {words} report has {units.counted(len(trials), 'row')}: {named}."


def _differs(row: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    return bool(row["status"] != old["status"])


def _changed_status(trial: str, row: Mapping[str, Any], old: Mapping[str, Any]) -> str:
    reason = f": {row['note']}" if row["note"] else ""
    return f"{trial} was {old['status']} and is {row['status']}{reason}".rstrip(".") + "."


def _times(again: list[str], rows: Mapping[str, Any], old: Mapping[str, Any]) -> list[str]:
    timed = [
        t for t in again if not _differs(rows[t], old[t]) and rows[t]["latency_s"] and old[t]["latency_s"]
    ]
    if not timed:
        return []
    figures = [f"{t}: {_time(old[t])}, now {_time(rows[t])}" for t in timed[:MOST_ROWS]]
    if len(timed) > MOST_ROWS:
        figures.append(f"and {len(timed) - MOST_ROWS} more rows")
    head = (
        "Times of the previous and of this report, which were measured apart, not in turns, and cannot be compared "
        "(95 % confidence intervals in brackets)"
    )
    return [f"{head}: {'; '.join(figures)}."]


def _time(row: Mapping[str, Any]) -> str:
    ends = "" if row["low_s"] is None else f" [{units.seconds(row['low_s'])}, {units.seconds(row['high_s'])}]"
    return f"{units.seconds(row['latency_s'])}{ends} on {row['began'][:10]}"


def _of_machine(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    if now["machine"] != before["machine"]:
        yield f"The previous report was made on {before['machine']}, and this report on {now['machine']}."
    new, old = now["fingerprint"]["runtimes"], before["fingerprint"]["runtimes"]
    differing = [
        f"{name} {old.get(name, 'missing')} to {new.get(name, 'missing')}"
        for name in sorted({*new, *old})
        if new.get(name) != old.get(name)
    ]
    if differing:
        yield f"Versions of libraries that changed: {', '.join(differing)}."
    if now["commit"] != before["commit"]:
        yield f"Atelier's commit was {before['commit'][:12] or 'unknown'} and is {now['commit'][:12] or 'unknown'}."
