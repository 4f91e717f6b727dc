"""The summary of a batch, which is read from the batch's job database (ledger)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from toolkit.core import units
from toolkit.jobs.job import State
from toolkit.jobs.ledger import Ledger

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class BatchSummary:
    """Numbers, errors and times of a finished batch; `to_frame` gives one row for each picture.

    Attributes
    ----------
    total : int
        Number of pictures of the input.
    done, failed : int
        Number of pictures with a result (from this or an earlier run of the same job), and number without a result.
    n_now : int
        Number of pictures that this run finished.
    n_cached : int
        Number of pictures of this run whose result was copied from the result of an identical picture.
    kinds : mapping of str to int
        Number of failed pictures for each cause.
    errors : sequence of (name, sentence)
        Name and error of every failed picture.
    stages_s : mapping of str to float
        Seconds of each stage, summed over the pictures that this run made.
    wall_s : float
        Seconds that this run took.
    remarks : tuple of str
        Notes for the user: an earlier job continues, or results are made again.
    rows : list of dict
        One dict for each picture: name, result, state, seconds, attempts, error.
    """

    total: int
    done: int
    failed: int
    n_now: int
    n_cached: int
    kinds: dict[str, int]
    errors: list[tuple[str, str]]
    stages_s: dict[str, float]
    wall_s: float
    remarks: tuple[str, ...] = ()
    rows: list[dict[str, Any]] = field(default_factory=list, repr=False)

    @property
    def results(self) -> list[str]:
        """Paths of the result files, relative to the folder of the results."""
        return [row["result"] for row in self.rows if row["state"] == State.DONE]

    @property
    def images_per_s(self) -> float:
        """Number of pictures that this run finished per second."""
        return self.n_now / self.wall_s if self.wall_s > 0 else 0.0

    def to_frame(self) -> pd.DataFrame:
        """A table with one row for each picture."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The summary as a dict for JSON, with the error of each failed picture."""
        return {
            "total": self.total,
            "done": self.done,
            "failed": self.failed,
            "now": self.n_now,
            "from_cache": self.n_cached,
            "failed_by_cause": self.kinds,
            "images_per_s": self.images_per_s,
            "wall_s": self.wall_s,
            "stages_s": self.stages_s,
            "errors": [{"picture": name, "error": error} for name, error in self.errors],
            "remarks": list(self.remarks),
        }

    def __str__(self) -> str:
        parts = [f"{self.done} of {self.total} pictures are done"]
        if self.failed:
            kinds = ", ".join(f"{count} {kind}" for kind, count in self.kinds.items())
            parts.append(f"{self.failed} failed ({kinds})")
        n_earlier = self.done + self.failed - self.n_now
        if n_earlier:
            parts.append(f"{n_earlier} of these pictures ended in an earlier run")
        if self.n_cached:
            parts.append(f"{self.n_cached} results were copied from an identical picture")
        lines = ["; ".join(parts) + "."]
        if self.n_now:
            rate = units.number(self.images_per_s)
            lines.append(f"{self.n_now} pictures in {units.seconds(self.wall_s)}: {rate} pictures a second.")
        if self.stages_s:
            total_s = sum(self.stages_s.values())
            shares = ", ".join(
                f"{name} {value / total_s:.0%}" for name, value in self.stages_s.items() if value
            )
            lines.append(f"Time of the workers by stage: {shares}.")
        return "\n".join([*self.remarks, *lines])

    __repr__ = __str__


def summary_of(
    ledger: Ledger, *, since_s: float, wall_s: float, remarks: tuple[str, ...] = ()
) -> BatchSummary:
    """The summary of all jobs of a batch; a job that ended after `since_s` (seconds since 1970) counts to this run."""
    stages_s: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    errors, rows, now, cached = [], [], 0, 0
    for row in _rows(ledger):
        counts[row["state"]] += 1
        rows.append({name: row[name] for name in ("name", "result", "state", "seconds", "attempts", "error")})
        if row["state"] == State.FAILED:
            kinds[row["cause"]] += 1
            errors.append((row["name"], row["error"]))
        if (row["finished_s"] or 0) >= since_s and row["state"] in (State.DONE, State.FAILED):
            now += 1
            cached += row["is_cached"]
            stages_s.update({name: value for name, value in row["stages_s"].items() if name != "wait"})
    return BatchSummary(
        total=sum(counts.values()),
        done=counts[State.DONE],
        failed=counts[State.FAILED],
        n_now=now,
        n_cached=cached,
        kinds=dict(kinds),
        errors=errors,
        stages_s=dict(stages_s),
        wall_s=wall_s,
        remarks=remarks,
        rows=rows,
    )


def _rows(ledger: Ledger) -> Iterator[dict[str, Any]]:
    columns = "name, task, state, seconds, attempt, error, cause, finished_s, is_cached, stages"
    for name, task, state, seconds, attempts, error, cause, finished_s, is_cached, stages in ledger.rows(
        f"SELECT {columns} FROM jobs ORDER BY name"
    ):
        yield {
            "name": name,
            "result": json.loads(task)["result"],
            "state": state,
            "seconds": seconds,
            "attempts": attempts,
            "error": error,
            "cause": cause or "raised",
            "finished_s": finished_s,
            "is_cached": is_cached,
            "stages_s": json.loads(stages),
        }
