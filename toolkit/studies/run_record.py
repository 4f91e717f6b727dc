"""Record the trials of a notebook and their measurements in a file, for the process that makes a report of them."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.contracts.trial import Trial
from toolkit.core.files import to_json
from toolkit.results.rows.summary import Summary

RECORD_VARIABLE = "ATELIER_RUN_RECORD"
"""Environment variable with the path of the file for `RunRecord`; each call of `collect` adds a line to the file."""


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """The trials of all sweeps of a notebook, and the trials that have a measurement.

    Attributes
    ----------
    asked : set of str
        All trials of the notebook, each in its written form.
    rows : mapping of trial to dict
        For each trial with a measurement: ``status``, ``note``, ``began`` (ISO 8601, UTC), and ``latency_s`` with the
        ends of its interval, ``low_s`` and ``high_s``, which may be None.
    """

    asked: set[str] = field(default_factory=set)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def n_missing(self) -> int:
        """Number of trials without a measurement."""
        return len(self.asked - set(self.rows))

    @property
    def is_complete(self) -> bool:
        """Whether every trial has a measurement."""
        return self.n_missing == 0


def add_to_record(trials: Collection[Trial], rows: Iterable[Summary]) -> None:
    """Add trials and their measurements to the file that `RECORD_VARIABLE` names; do nothing if it is not set."""
    named = os.environ.get(RECORD_VARIABLE)
    if named:
        line = {"asked": [*map(str, trials)], "rows": {str(row.trial): _row(row) for row in rows}}
        with Path(named).open("a", encoding="utf-8") as file:
            file.write(to_json(line, indent=None) + "\n")


def read_record(path: Path) -> RunRecord:
    """Read the `RunRecord` in a file; the record is empty if the file does not exist."""
    record = RunRecord()
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        told = json.loads(line)
        record.asked.update(told["asked"])
        record.rows.update(told["rows"])
    return record


def _row(row: Summary) -> dict[str, Any]:
    m, latency = row.measurement, row.latency
    times = {"latency_s": latency.value, "low_s": latency.low, "high_s": latency.high}
    return {"status": str(m.status), "note": m.note, "began": m.began, **times}
