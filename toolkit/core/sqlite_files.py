"""Open SQLite files that several processes write, wait for the locks of those processes, and explain errors."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

T = TypeVar("T")

PATIENCE_S = 60.0
"""Longest wait for another process that has locked a SQLite file, s."""

_BUSY = ("locked", "busy")
_REASONS = (
    (("full", "disk I/O"), "the disk is full or refuses to write"),
    (("readonly", "unable to open"), "the file or its folder is read-only"),
    (_BUSY, f"another process has locked the file for {PATIENCE_S:.0f} s"),
)


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open a SQLite file; each statement is a transaction of its own, unless ``BEGIN`` starts a transaction.

    Parameters
    ----------
    mode : str
        Mode in SQLite's URI: ``"mode=rw"``, ``"mode=rwc"`` to create a missing file, ``"mode=ro&immutable=1"``.
    """
    where = f"file:{quote(os.fsencode(path.absolute()))}?{mode}"
    return sqlite3.connect(where, uri=True, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)


def version_and_tables(db: sqlite3.Connection) -> tuple[int, int]:
    """``user_version`` and the number of tables of a database, in one transaction: other processes may add tables."""
    db.execute("BEGIN")
    try:
        return version(db), int(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    finally:
        db.execute("ROLLBACK")


def version(db: sqlite3.Connection) -> int:
    """The ``user_version`` (a number in the header) of a SQLite database; a new database has 0."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def execute_all(db: sqlite3.Connection, statements: str) -> None:
    """Run SQL statements one by one: ``executescript`` would end the current transaction."""
    for statement in filter(str.strip, statements.split(";")):
        db.execute(statement)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether an SQLite error says that another process has locked the file."""
    return any(word in str(error) for word in _BUSY)


def patiently(attempt: Callable[[], T]) -> T:
    """Call the function `attempt`, and repeat the call as long as another process has locked the SQLite file.

    SQLite's own time-out does not cover a switch to WAL (write-ahead log), nor the opening of a file while another
    process closes the file.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def reason(error: sqlite3.Error | OSError, *, kind: str) -> str:
    """The reason, as a text, why a SQLite file cannot be read or written.

    Parameters
    ----------
    kind : str
        The kind of file that was expected, such as ``"an Atelier store"``.
    """
    said = str(error)
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "the folder of the file is itself a file"
    if isinstance(error, OSError):
        return error.strerror or said
    if any(word in said for word in ("not a database", "malformed")):
        return f"the file is not {kind}, or it is damaged"
    return next((why for words, why in _REASONS if any(word in said for word in words)), said)
