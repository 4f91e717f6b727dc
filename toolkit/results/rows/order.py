"""Sort the rows of a table, and find the positions of the lines between groups of rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from toolkit.contracts.outcome import Status
from toolkit.results.rows.summary import Summary

_MANY = 3
"""Number of comparable rows from which on a table separates their group from the next group by a line."""


def by_name(rows: Iterable[Summary]) -> list[Summary]:
    """Sort rows by operation, settings, machine, size, backend, executor, threads and workers."""

    def place(s: Summary) -> tuple[object, ...]:
        trial = s.trial
        size = (trial.width * trial.height, trial.width)
        ways = (trial.backend, trial.executor, trial.placement.threads, trial.workers)
        return (trial.operation, s.settings, s.environment, *size, *ways)

    return sorted(rows, key=place)


def fastest_first(rows: Iterable[Summary]) -> list[Summary]:
    """Sort rows by operation and size, so that comparable rows stand together, the fastest first, failed rows last."""
    rows = list(rows)
    firsts: dict[tuple[object, ...], int] = {}
    for s in rows:
        firsts.setdefault(_group_of_any_size(s), len(firsts))
    rank = list(Status).index

    def place(s: Summary) -> tuple[object, ...]:
        size = (s.trial.width * s.trial.height, s.trial.width)
        latency_s = s.latency.value if s.is_timed else math.inf
        return (s.trial.operation, firsts[_group_of_any_size(s)], size, rank(s.measurement.status), latency_s)

    return sorted(rows, key=place)


def group_starts(rows: Sequence[Summary]) -> list[int]:
    """Indices of rows before which a table draws a line: a new operation or a large group of rows starts there."""
    large = {group for group, count in Counter(s.group for s in rows).items() if count >= _MANY}

    def starts(before: Summary, s: Summary) -> bool:
        is_other = before.group != s.group and not large.isdisjoint({before.group, s.group})
        return before.trial.operation != s.trial.operation or is_other

    return [n for n, s in enumerate(rows) if n == 0 or starts(rows[n - 1], s)]


def _group_of_any_size(s: Summary) -> tuple[object, ...]:
    return (*s.group[:5], s.trial.batch)
