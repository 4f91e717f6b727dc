"""The job database (ledger) of a service: that of a batch with further queries and changes that a service needs."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import Any

from toolkit.jobs.job import Record, State
from toolkit.jobs.ledger import Ledger

_COLUMNS = (
    "id, name, task, signature, state, attempt, queued_s, started_s, finished_s, is_cached, seconds, stages, deaths, "
    "cause, error"
)


class ServiceLedger(Ledger):
    """A job database whose jobs are requested by name, and whose ended jobs are deleted after some time."""

    def record(self, name: str) -> Record | None:
        """The record of the job with this name; None if no job has this name."""
        query = f"SELECT {_COLUMNS} FROM jobs WHERE name = CAST(? AS TEXT)"
        found = self.rows(query, (os.fsencode(name),))
        return _record(found[0]) if found else None

    def ended_before(self, end_s: float) -> list[Record]:
        """The jobs that were done, failed or cancelled before a time, in seconds since 1970."""
        query = (
            f"SELECT {_COLUMNS} FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND finished_s < ?"
        )
        return [_record(row) for row in self.rows(query, (end_s,))]

    def latest_done(self, most: int) -> list[Record]:
        """The latest jobs that are done, latest first, without jobs whose result came from the cache."""
        query = f"SELECT {_COLUMNS} FROM jobs WHERE state = 'done' AND is_cached = 0 ORDER BY id DESC LIMIT ?"
        return [_record(row) for row in self.rows(query, (most,))]

    def queued(self) -> list[Record]:
        """The queued jobs, in the order in which they are claimed."""
        query = f"SELECT {_COLUMNS} FROM jobs WHERE state = 'queued' ORDER BY id"
        return [_record(row) for row in self.rows(query)]

    def add_done(self, name: str, task: Mapping[str, Any], *, signature: str) -> None:
        """Add a job that is done already, because its result is in the cache."""
        now_s = time.time()
        self.rows(
            "INSERT INTO jobs (name, task, signature, state, queued_s, started_s, finished_s, is_cached, seconds) "
            "VALUES (CAST(? AS TEXT), ?, ?, 'done', ?, ?, ?, 1, 0.0) ON CONFLICT (name) DO NOTHING",
            (os.fsencode(name), json.dumps(task), signature, now_s, now_s, now_s),
        )

    def expire_ended(self, number: int) -> None:
        """Set the state of an ended job to expired, because its result was removed."""
        query = "UPDATE jobs SET state = 'expired' WHERE id = ? AND state NOT IN ('queued', 'running')"
        self.rows(query, (number,))

    def forget_ended_before(self, end_s: float) -> None:
        """Delete the jobs that ended before a time, in seconds since 1970."""
        self.rows("DELETE FROM jobs WHERE state NOT IN ('queued', 'running') AND finished_s < ?", (end_s,))


def _record(row: tuple[Any, ...]) -> Record:
    number, name, task, signature, state, attempt, queued_s, started_s, finished_s = row[:9]
    is_cached, seconds, stages, deaths, cause, error = row[9:]
    return Record(
        id=number,
        name=name,
        task=json.loads(task),
        signature=signature,
        state=State(state),
        attempt=attempt,
        queued_s=queued_s,
        started_s=started_s,
        finished_s=finished_s,
        is_cached=bool(is_cached),
        seconds=seconds,
        stages_s=json.loads(stages),
        deaths=json.loads(deaths),
        cause=cause,
        error=error,
    )
