"""The SQLite file under a Store: opened patiently, written whole or not at all, every refusal one sentence."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from toolkit.core.errors import InvalidValue

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


class StoreFile:
    """One file, opened anew by each call.

    Parameters
    ----------
    path : Path
        Made, with its folder, by the first `writing`.

    Raises
    ------
    InvalidValue
        Not a store, a store of a newer version, not readable.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if self.path.is_dir():
            raise InvalidValue(f"store must be a file; {str(self.path)!r} is a folder.")
        if self.path.exists():
            with self._reading():
                pass

    def rows(self, query: str, values: Iterable[str | int] = ()) -> list[tuple[Any, ...]]:
        """What a query finds; nothing where no file is, or no table in it."""
        if not self.path.exists():
            return []
        with self._reading() as db:
            return db.execute(query, tuple(values)).fetchall() if _version(db) else []

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._sentences("read"):
            try:
                db = self._connect("mode=rw")
            except sqlite3.OperationalError as error:
                unsaved = self.path.with_name(self.path.name + "-wal")
                if _is_busy(error) or (unsaved.exists() and unsaved.stat().st_size):
                    raise
                # Reading through WAL makes files beside the store; on read-only media nobody else can write it.
                db = self._connect("mode=ro&immutable=1")
            try:
                yield db
            finally:
                db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on disk when the block ends without an error; a new file is given its tables first."""
        with self._sentences("written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            db = self._connect("mode=rwc")
            try:
                _patiently(lambda: db.execute("PRAGMA journal_mode = WAL"))
                _patiently(lambda: db.execute("BEGIN IMMEDIATE"))
                if _version(db) == 0:
                    for statement in filter(str.strip, _SCHEMA.split(";")):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                yield db
                db.execute("COMMIT")
            finally:
                db.close()  # an open transaction is rolled back

    def _connect(self, mode: str) -> sqlite3.Connection:
        where = f"file:{quote(str(self.path.absolute()))}?{mode}"
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
    def _sentences(self, verb: str) -> Iterator[None]:
        """Turn what SQLite and the file system say into the one sentence that a person reads."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            said = str(error)
            if isinstance(error, FileExistsError | NotADirectoryError):
                reason = "its folder's name belongs to a file"
            elif isinstance(error, OSError):
                reason = error.strerror or said
            elif "not a database" in said or "malformed" in said:
                reason = "it is not an Atelier store, or it is damaged"
            elif "full" in said or "disk I/O" in said:
                reason = "the disk is full or refuses to write"
            elif "readonly" in said or "unable to open" in said:
                reason = "the file or its folder is read-only"
            elif "locked" in said or "busy" in said:
                reason = f"another process has held it for {PATIENCE_S:.0f} s"
            else:
                reason = said
            raise InvalidValue(f"store {str(self.path)!r} cannot be {verb}: {reason}.") from error


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _version_and_tables(db: sqlite3.Connection) -> tuple[int, int]:
    """Both from one transaction: another process may be making the tables at this moment."""
    db.execute("BEGIN")
    try:
        return _version(db), int(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    finally:
        db.execute("ROLLBACK")


def _is_busy(error: sqlite3.Error) -> bool:
    return "locked" in str(error) or "busy" in str(error)


def _patiently(attempt: Callable[[], T]) -> T:
    """Switching to WAL and opening during another's close answer "locked" at once, whatever the busy time-out."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
