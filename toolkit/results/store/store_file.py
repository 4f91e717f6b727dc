"""The SQLite file of a Store: waits for other processes, writes in transactions, explains every refusal."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from toolkit.contracts.measurement import Measurement
from toolkit.core.errors import InvalidValue
from toolkit.core.files import plain
from toolkit.core.folders import write_something

T = TypeVar("T")

SCHEMA_VERSION = 1
PATIENCE_S = 60.0

_SCHEMA = """
CREATE TABLE fingerprints (hash TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE measurements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    operation TEXT NOT NULL,
    backend TEXT NOT NULL,
    threads INTEGER NOT NULL,
    workers INTEGER NOT NULL,
    status TEXT NOT NULL,
    settled INTEGER NOT NULL,
    environment_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL REFERENCES fingerprints (hash),
    body TEXT NOT NULL
);
CREATE INDEX measurements_by_key ON measurements (key, id);
"""
# Tables that came later; the first write adds them to an older store.
_ADDED = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    asked TEXT NOT NULL,
    started TEXT NOT NULL,
    at_work TEXT NOT NULL,
    finished TEXT
);
CREATE TABLE IF NOT EXISTS rounds (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL REFERENCES fingerprints (hash),
    body TEXT NOT NULL
) WITHOUT ROWID;
"""

_BUSY = ("locked", "busy")
_REASONS = (
    (("not a database", "malformed"), "it is not an Atelier store, or it is damaged"),
    (("full", "disk I/O"), "the disk is full or refuses to write"),
    (("readonly", "unable to open"), "the file or its folder is read-only"),
    (_BUSY, f"another process has locked the file for {PATIENCE_S:.0f} s"),
)


class StoreFile:
    """One SQLite file; each call opens a connection of its own.

    Parameters
    ----------
    path : Path
        The first `writing` creates the file and its folder.

    Raises
    ------
    InvalidValue
        The file is not a store, was written by a newer version or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if self.path.is_dir():
            raise InvalidValue(f"store must be a file; {str(self.path)!r} is a folder.")
        if self.path.exists():
            with self._reading():
                pass

    def rows(self, query: str, values: Iterable[str | int] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query; none where the file or its tables do not exist."""
        if not self.path.exists():
            return []
        with self._reading() as db:
            try:
                return db.execute(query, tuple(values)).fetchall() if _version(db) else []
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []  # an older Atelier wrote the store, and nothing was added since
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._explained("read"):
            try:
                db = self._connect("mode=rw")
            except sqlite3.OperationalError as error:
                unsaved = self.path.with_name(self.path.name + "-wal")
                if _is_busy(error) or (unsaved.exists() and unsaved.stat().st_size):
                    raise
                # Reading in WAL mode creates files beside the store; on read-only media no process can write the store.
                db = self._connect("mode=ro&immutable=1")
            try:
                yield db
            finally:
                db.close()

    def check_writable(self) -> None:
        """Raise `InvalidValue` unless the file, or a new file in its folder, can be written; nothing is kept."""
        with self._explained("written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_something(self.path.parent)  # SQLite needs files beside the store, too
        if self.path.exists():
            with self.writing():
                pass

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on disk when the block ends without an error; a new file gets its tables first."""
        with self._explained("written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            db = self._connect("mode=rwc")
            try:
                _patiently(lambda: db.execute("PRAGMA journal_mode = WAL"))
                _patiently(lambda: db.execute("BEGIN IMMEDIATE"))
                if _version(db) == 0:
                    _execute_all(db, _SCHEMA)
                    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                _execute_all(db, _ADDED)
                yield db
                db.execute("COMMIT")
            finally:
                db.close()  # an open transaction is rolled back

    def _connect(self, mode: str) -> sqlite3.Connection:
        where = f"file:{quote(os.fsencode(self.path.absolute()))}?{mode}"
        db = sqlite3.connect(where, uri=True, timeout=PATIENCE_S, isolation_level=None)
        try:
            version, tables = _patiently(lambda: _version_and_tables(db))
            if version > SCHEMA_VERSION:
                raise InvalidValue(
                    f"store {str(self.path)!r} must be of schema version {SCHEMA_VERSION} or older; got {version}. "
                    "A newer Atelier wrote it: update this checkout, or name another store."
                )
            if version == 0 and tables:
                raise InvalidValue(
                    f"store {str(self.path)!r} must be an Atelier store; it is another program's database."
                )
        except BaseException:
            db.close()
            raise
        return db

    @contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        """Turn errors of SQLite and of the file system into one sentence."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise InvalidValue(f"store {str(self.path)!r} cannot be {verb}: {_reason(error)}.") from error


def _reason(error: sqlite3.Error | OSError) -> str:
    said = str(error)
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "its folder is a file"
    if isinstance(error, OSError):
        return error.strerror or said
    return next((reason for words, reason in _REASONS if any(word in said for word in words)), said)


def _execute_all(db: sqlite3.Connection, statements: str) -> None:
    """Each statement by itself: `executescript` would end the transaction."""
    for statement in filter(str.strip, statements.split(";")):
        db.execute(statement)


def body_of(measurement: Measurement) -> str:
    """A Measurement as JSON, without its fingerprint: the file holds each fingerprint once."""
    body = measurement.to_dict()
    del body["fingerprint"]
    return json_text(body)


def json_text(value: object) -> str:
    """Compact JSON with sorted keys, as the file holds it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=plain)


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _version_and_tables(db: sqlite3.Connection) -> tuple[int, int]:
    """Read both in one transaction, because another process may be creating the tables."""
    db.execute("BEGIN")
    try:
        return _version(db), int(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    finally:
        db.execute("ROLLBACK")


def _is_busy(error: sqlite3.Error) -> bool:
    return any(word in str(error) for word in _BUSY)


def _patiently(attempt: Callable[[], T]) -> T:
    """Try again while another process holds the file.

    SQLite's own time-out does not cover a switch to WAL, nor opening while another process closes the file.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
