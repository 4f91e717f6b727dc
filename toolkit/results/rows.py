"""Which row is which: the order of a table's rows, the columns that name them, and what they all share."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath

from toolkit.contracts.measurement import FAILED, OK
from toolkit.core import units
from toolkit.results.layout import Cell, Column
from toolkit.results.summary import UNTRAINED, Summary

Field = tuple[Column, Callable[[Summary], Cell]]

_MANY = 3
"""Rows of one question from which on a line above them helps the eye."""


def in_order(rows: Iterable[Summary]) -> list[Summary]:
    """Rows that do the same together, by size; the fastest first, what failed or was skipped last."""
    rows = list(rows)
    firsts: dict[tuple[object, ...], int] = {}
    for s in rows:
        firsts.setdefault(_but_size(s), len(firsts))
    rank = {OK: 0, FAILED: 1}

    def place(s: Summary) -> tuple[object, ...]:
        latency = s.latency.value if math.isfinite(s.latency.value) else math.inf
        size = (s.trial.width * s.trial.height, s.trial.width)
        return (s.trial.operation, firsts[_but_size(s)], size, rank.get(s.measurement.status, 2), latency)

    return sorted(rows, key=place)


def group_starts(rows: Sequence[Summary]) -> list[int]:
    """Rows before which a line is drawn: those that start another operation, or another question with many rows."""
    large = {group for group, count in Counter(s.group for s in rows).items() if count >= _MANY}

    def starts(before: Summary, s: Summary) -> bool:
        return before.trial.operation != s.trial.operation or (
            before.group != s.group and bool({before.group, s.group} & large)
        )

    return [n for n, s in enumerate(rows) if n == 0 or starts(rows[n - 1], s)]


def name_columns(rows: Sequence[Summary]) -> list[Field]:
    """Columns that tell the rows from each other; what all rows share is left to `shared_text`."""
    shared = _shared_parts(rows)

    def settings(s: Summary) -> str:
        return " ".join(part for part in s.setting_parts if part not in shared and not _has_column(part))

    def differs(value: Callable[[Summary], object]) -> bool:
        return len({value(s) for s in rows}) > 1

    fields: list[Field] = [(Column(header="operation@backend", is_number=False), lambda s: Cell(text=s.name))]
    if any(settings(s) for s in rows):
        fields.append((Column(header="settings", is_number=False), lambda s: Cell(text=settings(s))))
    if differs(lambda s: s.environment):
        fields.append((Column(header="environment", is_number=False), lambda s: Cell(text=s.environment)))
    if differs(lambda s: s.trial.placement.device):
        fields.append(
            (Column(header="device", is_number=False), lambda s: Cell(text=s.trial.placement.device))
        )
    if differs(lambda s: s.precision):
        column = Column(header="precision", short="prec", is_number=False, is_wrapped=False)
        fields.append((column, lambda s: Cell(text=s.precision)))
    if differs(lambda s: s.trial.placement.threads):
        fields.append(
            (Column(header="threads", short="thr"), lambda s: Cell(text=str(s.trial.placement.threads)))
        )
    if differs(lambda s: s.trial.workers):
        fields.append((Column(header="workers", short="wrk"), lambda s: Cell(text=str(s.trial.workers))))
    if differs(_size):
        fields.append(
            (Column(header="size", unit="MP"), lambda s: Cell(text=units.megapixels(s.trial.megapixels)))
        )
    return fields


def shared_text(rows: Sequence[Summary]) -> str:
    """What all rows have in common, for a title; empty without rows.

    Never says that they are untrained: that stands in every row.
    """
    if not rows:
        return ""
    first = rows[0]
    parts = sorted(_shared_parts(rows), key=first.setting_parts.index)
    # Paths of many pictures would fill a title; the notes below a table name them.
    parts = [pictures_text(first) if part.startswith("images=") else part for part in parts]
    if len({_size(s) for s in rows}) == 1:
        parts.append(
            f"{first.trial.width} x {first.trial.height} px ({units.megapixels(first.trial.megapixels)} MP)"
        )
    if len({s.trial.placement.threads for s in rows}) == 1:
        parts.append(units.threads_text(first.trial.placement.threads))
    if len({s.trial.workers for s in rows}) == 1:
        parts.append(units.workers_text(first.trial.workers))
    return ", ".join(parts)


def title_of(noun: str, rows: Sequence[Summary]) -> str:
    """The noun and what all rows share, their operation among it, and ``untrained`` where all are: a chart's title."""
    operations = {s.trial.operation for s in rows}
    parts = list(operations) * (len(operations) == 1)
    parts += [UNTRAINED] * all(s.measurement.is_untrained for s in rows)
    text = ", ".join(filter(None, [*parts, shared_text(rows)])).removesuffix(", 1 worker")
    return f"{noun}: {text}" if rows and text else noun


def pictures_text(s: Summary) -> str:
    """How many pictures of one's own a row was measured on, and the name of a single one."""
    names = [PurePath(name).name for name in s.trial.images]
    return names[0] if len(names) == 1 else f"{len(names)} pictures"


def _shared_parts(rows: Sequence[Summary]) -> set[str]:
    """Settings of all rows; of a single row, which keeps its settings beside its name, the pictures alone."""
    if not rows:
        return set()
    shared = set.intersection(*(set(s.setting_parts) for s in rows)) - {UNTRAINED}
    return shared if len(rows) > 1 else {part for part in shared if part.startswith("images=")}


def _has_column(part: str) -> bool:
    return part.startswith(("device=", "precision="))


def _but_size(s: Summary) -> tuple[object, ...]:
    return (*s.group[:5], s.trial.batch)


def _size(s: Summary) -> tuple[int, int]:
    return s.trial.width, s.trial.height
