"""Whether the machine was quiet while rows were measured, and what other processes took from it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from toolkit.machine.noise import is_about_processors
from toolkit.results.rows.summary import Summary


def busy_machine(rows: Iterable[Summary]) -> str:
    """A sentence that forbids to use the figures; ``""`` if at least one row was measured on a quiet machine.

    Rows without a block (skipped) say nothing about the machine.
    """
    timed = [s for s in rows if s.measurement.blocks]
    if not timed or not all(s.measurement.suspect for s in timed):
        return ""
    return f"This machine was busy ({disturbance(timed)}): do not use these figures."


def disturbance(rows: Iterable[Summary]) -> str:
    """What disturbed the suspect blocks of these rows, in one clause; ``""`` where no block is suspect.

    The clause has the median share of the processors that other processes took, where this share was measured and is a
    reason to doubt the times; else the first reason.
    """
    rows = [s for s in rows if s.measurement.suspect]
    suspect = [block for s in rows for block in s.measurement.blocks if block.suspect]
    crowded = [block for block in suspect if any(map(is_about_processors, block.suspect))]
    taken = [cpus for block in crowded if (cpus := block.noise.get("others_cpus")) and round(cpus, 1)]
    allowed = rows[0].measurement.fingerprint.get("cpu", {}).get("allowed") if rows else None
    if taken and allowed:
        return f"{statistics.median(taken):.1f} of {allowed} cores taken by other processes"
    return suspect[0].suspect[0] if suspect else ""
