"""Tell whether other processes disturbed measurements, and how many processor cores other processes took."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from toolkit.machine.noise import TAKEN
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary


def busy_sentence(measured: Iterable[Measured]) -> str:
    """A warning not to use the figures of a busy machine; ``""`` if at least one row was measured undisturbed.

    Rows without a block (skipped trials) are ignored.
    """
    timed = [s for s in newest_rows(measured) if s.measurement.blocks]
    if not timed or not all(s.measurement.suspect for s in timed):
        return ""
    return f"This machine was busy ({disturbance(timed)}): do not use these figures."


def disturbance(rows: Iterable[Summary]) -> str:
    """A clause on how other processes disturbed measurements; ``""`` if no measurement was disturbed.

    If other processes took processors, the clause gives the median number of these processors; otherwise the clause is
    the first disturbance of the first disturbed row.
    """
    doubts = [doubt for s in rows for block in s.measurement.blocks for doubt in block.suspect]
    taken = [match.groups() for doubt in doubts if (match := TAKEN.fullmatch(doubt))]
    if taken:
        used = statistics.median(float(number) for number, _ in taken)
        return f"{used:.1f} of {taken[0][1]} cores taken by other processes"
    return doubts[0] if doubts else ""
