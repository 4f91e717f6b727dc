"""Whether the machine was quiet while rows were measured, and what other processes took from it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from toolkit.machine.noise import TAKEN
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary


def busy_sentence(measured: Iterable[Measured]) -> str:
    """A sentence that forbids to use the figures; ``""`` if at least one row was measured on a quiet machine.

    Rows without a block (skipped) say nothing about the machine.
    """
    timed = [s for s in newest_rows(measured) if s.measurement.blocks]
    if not timed or not all(s.measurement.suspect for s in timed):
        return ""
    return f"This machine was busy ({disturbance(timed)}): do not use these figures."


def disturbance(rows: Iterable[Summary]) -> str:
    """What disturbed these rows, in one clause; ``""`` where no row is suspect.

    The clause has the median of the processors that other processes took, where this was a reason to doubt the times;
    else the first reason.
    """
    doubts = [doubt for s in rows for block in s.measurement.blocks for doubt in block.suspect]
    taken = [match.groups() for doubt in doubts if (match := TAKEN.fullmatch(doubt))]
    if taken:
        used = statistics.median(float(number) for number, _ in taken)
        return f"{used:.1f} of {taken[0][1]} cores taken by other processes"
    return doubts[0] if doubts else ""
