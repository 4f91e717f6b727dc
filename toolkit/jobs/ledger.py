"""The state of every job in one SQLite file: a killed process loses no job, and no job ends twice."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from toolkit.core import sqlite_files
from toolkit.core.errors import InvalidValue
from toolkit.jobs.job import Claim, Ended, Job, State

SCHEMA_VERSION = 1

MOST_DEATHS = 3
"""A job fails when this many workers have died while they ran it; random kills alone rarely hit one job so often."""

_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    task TEXT NOT NULL,
    signature TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'queued',
    attempt INTEGER NOT NULL DEFAULT 0,
    deaths TEXT NOT NULL DEFAULT '{}',
    queued_s REAL NOT NULL,
    started_s REAL,
    beat_s REAL,
    finished_s REAL,
    input_hash TEXT NOT NULL DEFAULT '',
    output_hash TEXT NOT NULL DEFAULT '',
    is_cached INTEGER NOT NULL DEFAULT 0,
    seconds REAL,
    stages TEXT NOT NULL DEFAULT '{}',
    cause TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_by_input ON jobs (input_hash) WHERE state = 'done';
"""


class Ledger:
    """The jobs in one file, which many threads and processes may use at the same time.

    Each change is one transaction in SQLite's write-ahead log: the change survives the death of every process. A loss
    of power may undo the last changes, and the jobs that changed last then run again.

    Parameters
    ----------
    path : Path
        Path of the file, in a folder that exists; a missing file is created.

    Raises
    ------
    InvalidValue
        The file cannot be read or written, is not a ledger, or a newer version wrote it. Every method may raise this
        error.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()  # all threads of this process share one connection to SQLite
        with self._explained():
            self._db = sqlite_files.connect(path, "mode=rwc")
            try:
                # The names of files may not be valid UTF-8.
                self._db.text_factory = os.fsdecode
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        version, tables = sqlite_files.patiently(lambda: sqlite_files.version_and_tables(self._db))
        if version > SCHEMA_VERSION or (version == 0 and tables):
            raise InvalidValue(
                f"ledger {str(self.path)!r} must be one that this version of Atelier reads (schema {SCHEMA_VERSION}); "
                f"got schema {version}. Move the file away, or name another folder."
            )
        sqlite_files.patiently(lambda: self._db.execute("PRAGMA journal_mode = WAL"))
        self._db.execute("PRAGMA synchronous = NORMAL")
        if version == 0:
            with self.transaction() as db:
                if sqlite_files.version(db) == 0:
                    sqlite_files.execute_all(db, _SCHEMA)
                    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def close(self) -> None:
        """Close the SQLite file of the ledger."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run several SQL statements as one transaction: all of them take effect, or none does."""
        with self._lock, self._explained():
            sqlite_files.patiently(lambda: self._db.execute("BEGIN IMMEDIATE"))
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def rows(self, query: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        """The rows that an SQL statement returns; the statement may read or change the job database."""
        with self._lock, self._explained():
            return self._db.execute(query, tuple(values)).fetchall()

    def about(self) -> dict[str, str]:
        """The named texts about the whole job database that `describe` has stored."""
        return dict(self.rows("SELECT name, value FROM about"))

    def describe(self, **facts: str) -> None:
        """Store named texts about the whole job database, such as a hash of the settings of all its jobs."""
        with self.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", list(facts.items()))

    def add(self, name: str, task: Mapping[str, Any], *, signature: str = "") -> int:
        """Queue a job and return its id; if a job of this name exists, nothing changes, and its id is returned."""
        values = (os.fsencode(name), json.dumps(task), signature, time.time())
        found = self.rows(
            "INSERT INTO jobs (name, task, signature, queued_s) VALUES (CAST(? AS TEXT), ?, ?, ?) "
            "ON CONFLICT (name) DO UPDATE SET name = name RETURNING id",
            values,
        )
        return int(found[0][0])

    def claim(self) -> Claim | None:
        """Start the next attempt at the job that has waited longest; None if no job is queued."""
        now_s = time.time()
        found = self.rows(
            "UPDATE jobs SET state = 'running', attempt = attempt + 1, started_s = ?, beat_s = ? "
            "WHERE id = (SELECT id FROM jobs WHERE state = 'queued' ORDER BY id LIMIT 1) AND state = 'queued' "
            "RETURNING id, attempt, name, task, signature",
            (now_s, now_s),
        )
        if not found:
            return None
        number, attempt, name, task, signature = found[0]
        return Claim(id=number, attempt=attempt, name=name, task=json.loads(task), signature=signature)

    def beat(self, claim: Claim) -> bool:
        """Record that an attempt is still running; returns False if the attempt has lost its job (see `finish`)."""
        return self._changed("beat_s = ?", claim, (time.time(),))

    def finish(self, claim: Claim, ended: Ended) -> bool:
        """End a job as done or failed; returns False and changes nothing if the attempt has lost its job.

        An attempt loses its job when the job is cancelled, given back or claimed again.
        """
        columns = (
            "state = ?, finished_s = ?, input_hash = ?, output_hash = ?, is_cached = ?, seconds = ?, stages = ?, "
            "cause = ?, error = ?, deaths = ?"
        )
        state = State.FAILED if ended.error else State.DONE
        stages = json.dumps({name: round(value, 6) for name, value in ended.stages_s.items()})
        with self.transaction():
            deaths = json.dumps(self._deaths(claim, ended.deaths))
            values = (
                str(state), time.time(), ended.input_hash, ended.output_hash, int(ended.is_cached), ended.seconds,
                stages, str(ended.cause), _text(ended.error), deaths,
            )  # fmt: skip
            return self._changed(columns, claim, values)

    def give_back(self, claim: Claim, *, death: str = "", signature: str | None = None) -> State | None:
        """Queue the job of an attempt again; returns its state, or None if the attempt has lost its job.

        Parameters
        ----------
        death : str
            How the worker died: deaths are counted, and after `MOST_DEATHS` deaths the job fails. ``""`` if no worker
            died, or if a whole machine was lost, which is not the job's fault.
        signature : str, optional
            New signature of the job's input, if the input has changed.
        """
        with self.transaction():
            deaths = self._deaths(claim, {death: 1} if death else {})
            is_poison = bool(death) and sum(deaths.values()) >= MOST_DEATHS
            state = State.FAILED if is_poison else State.QUEUED
            error = (
                f"the worker of this job died {sum(deaths.values())} times ({death})." if is_poison else ""
            )
            columns = "state = ?, deaths = ?, cause = ?, error = ?, finished_s = ?, signature = ?"
            values = (
                str(state), json.dumps(deaths), "died" if is_poison else "", error,
                time.time() if is_poison else None, claim.signature if signature is None else signature,
            )  # fmt: skip
            return state if self._changed(columns, claim, values) else None

    def give_back_silent(self, *, silent_s: float) -> int:
        """Queue the running jobs again whose last `beat` is `silent_s` seconds old (0: all); returns their number."""
        query = "UPDATE jobs SET state = 'queued' WHERE state = 'running' AND beat_s <= ? RETURNING id"
        return len(self.rows(query, (time.time() - silent_s,)))

    def cancel(self, number: int) -> State | None:
        """Cancel a queued or running job; returns the job's former state, or None if there is no such job."""
        with self.transaction() as db:
            found = db.execute("SELECT state FROM jobs WHERE id = ?", (number,)).fetchone()
            db.execute(
                "UPDATE jobs SET state = 'cancelled', finished_s = ? "
                "WHERE id = ? AND state IN ('queued', 'running')",
                (time.time(), number),
            )
        return State(found[0]) if found else None

    def expire(self, *, waited_s: float) -> int:
        """Expire the jobs that have waited longer than `waited_s` seconds; returns the number of jobs."""
        query = "UPDATE jobs SET state = 'expired', finished_s = ? WHERE state = 'queued' AND queued_s < ? RETURNING id"
        now_s = time.time()
        return len(self.rows(query, (now_s, now_s - waited_s)))

    def queue_again(self, number: int, task: Mapping[str, Any], *, signature: str) -> None:
        """Queue an ended job again, because its input or result has changed; the count of its attempts continues."""
        query = "UPDATE jobs SET state = 'queued', task = ?, signature = ?, deaths = '{}', error = '' WHERE id = ?"
        self.rows(query, (json.dumps(task), signature, number))

    def job_named(self, name: str) -> Job | None:
        """The job with this name; None if no job has this name."""
        query = "SELECT id, state, signature, cause, task FROM jobs WHERE name = CAST(? AS TEXT)"
        found = self.rows(query, (os.fsencode(name),))
        if not found:
            return None
        number, state, signature, cause, task = found[0]
        result = json.loads(task).get("result", "")
        return Job(id=number, state=State(state), signature=signature, cause=cause, result=result)

    def forget_unfinished(self, is_gone: Callable[[str], bool]) -> None:
        """Delete the jobs without a result whose pictures are no longer in the input."""
        unfinished = self.rows("SELECT id, name FROM jobs WHERE state <> 'done'")
        for number, name in unfinished:
            if is_gone(name):
                self.rows("DELETE FROM jobs WHERE id = ?", (number,))

    def start_over(self) -> None:
        """Queue all jobs again, whatever states they are in."""
        self.rows(
            "UPDATE jobs SET state = 'queued', deaths = '{}', cause = '', error = '', input_hash = '', output_hash = ''"
        )

    def result_of(self, input_hash: str) -> tuple[str, Mapping[str, Any]] | None:
        """The output hash and the task of a done job whose input has a given hash; None without such a job."""
        found = self.rows(
            "SELECT output_hash, task FROM jobs WHERE state = 'done' AND input_hash = ? LIMIT 1",
            (input_hash,),
        )
        return (found[0][0], json.loads(found[0][1])) if found else None

    def state(self, number: int) -> State | None:
        """The state of a job; None if there is no such job."""
        found = self.rows("SELECT state FROM jobs WHERE id = ?", (number,))
        return State(found[0][0]) if found else None

    def counts(self) -> dict[State, int]:
        """The number of jobs in every state."""
        found = dict(self.rows("SELECT state, count(*) FROM jobs GROUP BY state"))
        return {state: found.get(state, 0) for state in State}

    def _changed(self, columns: str, claim: Claim, values: tuple[object, ...]) -> bool:
        query = f"UPDATE jobs SET {columns} WHERE id = ? AND attempt = ? AND state = 'running' RETURNING id"
        return bool(self.rows(query, (*values, claim.id, claim.attempt)))

    def _deaths(self, claim: Claim, more: Mapping[str, int]) -> dict[str, int]:
        """The numbers of workers that died during a job so far, increased by `more`."""
        found = self.rows("SELECT deaths FROM jobs WHERE id = ?", (claim.id,))
        deaths: dict[str, int] = json.loads(found[0][0]) if found else {}
        for cause, count in more.items():
            deaths[cause] = deaths.get(cause, 0) + count
        return deaths

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn an error of SQLite into an `InvalidValue` that names the ledger and the reason."""
        try:
            yield
        except sqlite3.Error as error:
            why = sqlite_files.reason(error, kind="a ledger of Atelier")
            raise InvalidValue(f"ledger {str(self.path)!r} cannot be used: {why}.") from error


def _text(text: str) -> str:
    """A text that SQLite can store: bytes of a file name that are not valid UTF-8 become escapes."""
    return text.encode(errors="backslashreplace").decode()
