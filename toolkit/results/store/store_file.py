"""Read and write the SQLite file of a Store: wait for other processes, use transactions, explain every error."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.core import sqlite_files
from toolkit.core.errors import InvalidValue
from toolkit.core.files import plain
from toolkit.core.folders import home, write_something

if TYPE_CHECKING:
    from toolkit.contracts.measurement import Measurement

SCHEMA_VERSION = 1

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
# Tables that older stores lack; the first write to such a store adds the tables.
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
CREATE TABLE IF NOT EXISTS load_tests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    began TEXT NOT NULL,
    target TEXT NOT NULL,
    fingerprint TEXT NOT NULL REFERENCES fingerprints (hash),
    body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    operation TEXT NOT NULL,
    backend TEXT NOT NULL,
    trial TEXT NOT NULL,
    machine TEXT NOT NULL,
    machine_name TEXT NOT NULL,
    judged TEXT
);
CREATE TABLE IF NOT EXISTS points (
    measurement INTEGER PRIMARY KEY,
    series INTEGER NOT NULL REFERENCES series (id),
    began_s REAL NOT NULL,
    latency_s REAL,
    sentinel_s REAL,
    is_suspect INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS points_by_series ON points (series, measurement);
"""


class StoreFile:
    """The SQLite file of a store; each call opens a connection of its own.

    Parameters
    ----------
    path : Path
        Path of the file, which the first call of `writing` creates with its folder.

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

    def rows(self, query: str, values: Iterable[str | int | float] = ()) -> list[tuple[Any, ...]]:
        """The rows that an SQL query returns; no rows if the store's file or its tables do not exist."""
        if not self.path.exists():
            return []
        with self._reading() as db:
            try:
                return db.execute(query, tuple(values)).fetchall() if sqlite_files.version(db) else []
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []  # an older Atelier wrote the store, and the newer tables were not added yet
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._explained("read"):
            try:
                db = self._connect("mode=rw")
            except sqlite3.OperationalError as error:
                unsaved = self.path.with_name(self.path.name + "-wal")
                if sqlite_files.is_busy(error) or (unsaved.exists() and unsaved.stat().st_size):
                    raise
                # Reading in WAL mode creates files beside the store. On a read-only disk this fails, but no process
                # can write the store, so SQLite may treat the file as immutable.
                db = self._connect("mode=ro&immutable=1")
            try:
                yield db
            finally:
                db.close()

    def check_writable(self) -> None:
        """Raise `InvalidValue` if the store's file cannot be written or created; the store itself is not changed."""
        with self._explained("written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_something(self.path.parent)  # SQLite also writes files beside the store
        if self.path.exists():
            with self.writing():
                pass

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction, which is on disk when the block ends without an error; create missing tables."""
        with self._explained("written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            db = self._connect("mode=rwc")
            try:
                # With this setting SQLite can free the disk space of deleted rows without a rewrite of the file.
                sqlite_files.patiently(lambda: db.execute("PRAGMA auto_vacuum = INCREMENTAL"))
                sqlite_files.patiently(lambda: db.execute("PRAGMA journal_mode = WAL"))
                sqlite_files.patiently(lambda: db.execute("BEGIN IMMEDIATE"))
                if sqlite_files.version(db) == 0:
                    sqlite_files.execute_all(db, _SCHEMA)
                    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                sqlite_files.execute_all(db, _ADDED)
                yield db
                db.execute("COMMIT")
            finally:
                db.close()  # closing rolls an open transaction back

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """Connect to the store's file outside any transaction, to rewrite or shrink the file."""
        with self._explained("written"):
            db = self._connect("mode=rw")
            try:
                yield db
            finally:
                db.close()

    def copy_to(self, path: Path) -> None:
        """Write the measurements and their fingerprints into one new file without unused space.

        Unfinished rounds and runs are not copied, because another machine cannot continue them.
        """
        with self._reading() as db:
            db.execute("VACUUM INTO ?", (str(path),))
        with self._explained("written"):
            copy = sqlite_files.connect(path, "mode=rw")
            try:
                copy.execute("PRAGMA journal_mode = DELETE")
                for table in ("rounds", "runs"):
                    copy.execute(f"DROP TABLE IF EXISTS {table}")
                copy.execute("VACUUM")
            finally:
                copy.close()

    def _connect(self, mode: str) -> sqlite3.Connection:
        db = sqlite_files.connect(self.path, mode)
        try:
            version, tables = sqlite_files.patiently(lambda: sqlite_files.version_and_tables(db))
            if version > SCHEMA_VERSION:
                raise InvalidValue(
                    f"store {str(self.path)!r} must be of schema version {SCHEMA_VERSION} or older; got {version}. "
                    "A newer Atelier wrote the store: update Atelier, or name another store."
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
        """Convert errors of SQLite and of the file system to an `InvalidValue` that names the store and the reason."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            why = sqlite_files.reason(error, kind="an Atelier store")
            raise InvalidValue(f"store {str(self.path)!r} cannot be {verb}: {why}.") from error


def store_path(path: str | Path | None) -> Path:
    """The path of a store; default: the store in Atelier's folder."""
    return home() / "data/results/atelier.sqlite" if path is None else Path(path).expanduser()


def body_of(measurement: Measurement) -> str:
    """A Measurement as JSON without its fingerprint, because the file stores each fingerprint once."""
    body = measurement.to_dict()
    del body["fingerprint"]
    return json_text(body)


def json_text(value: object) -> str:
    """Convert a value to compact JSON with sorted keys, the format in which the file stores values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=plain)
