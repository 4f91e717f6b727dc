"""Give the free space of a store's file back to the file system, while other processes may read and write the store."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

from toolkit.core import sqlite_files
from toolkit.results.store.store_file import StoreFile

_REWRITE_S = 30.0
"""Longest time for rewriting the file: other processes that want to write wait, and give up after 60 s."""
_PAGES = 500  # number of pages that one step moves; other processes write between two steps
_INSTRUCTIONS = 10_000  # number of instructions of SQLite's virtual machine between two checks of the time
# Longest wait for processes that read the file, because the file cannot be shortened meanwhile
_READERS_MS = 5000


def size_bytes(file: StoreFile) -> int:
    """Size of the store on disk, with SQLite's write-ahead log; 0 if the store has no file."""
    paths = (file.path, file.path.with_name(file.path.name + "-wal"))
    return sum(path.stat().st_size for path in paths if path.exists())


def has_free_space(file: StoreFile) -> bool:
    """Whether the store's file has unused pages."""
    rows = file.rows("PRAGMA freelist_count")
    return bool(rows and rows[0][0])


def give_back_space(file: StoreFile) -> str:
    """Shrink the store's file by its unused pages; no stored value is lost.

    Returns
    -------
    str
        Why the file still has free space, as a clause; empty if no space is free.

    Raises
    ------
    InvalidValue
        The store's file is read-only.
    """
    with file.opened() as db:
        why = _rewritten(db) and _moved(db)
        if why:
            return why
        db.execute(f"PRAGMA busy_timeout = {_READERS_MS}")
        is_read = bool(db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
    return "another process is reading the store" if is_read else ""


def _rewritten(db: sqlite3.Connection) -> str:
    """Rewrite the file without free space; returns the reason if this is not possible, otherwise ``""``."""
    # Files of an older Atelier lack this setting, with which SQLite can free pages in steps.
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.set_progress_handler(_is_over(_REWRITE_S), _INSTRUCTIONS)
    try:
        sqlite_files.patiently(lambda: db.execute("VACUUM"))
    except sqlite3.Error as error:
        if "interrupt" in str(error):
            return f"rewriting the file takes longer than {_REWRITE_S:.0f} s, in which nothing else could be stored"
        return sqlite_files.reason(error, kind="an Atelier store")
    finally:
        db.set_progress_handler(None, 0)
    return ""


def _moved(db: sqlite3.Connection) -> str:
    """Move pages from the end of the file into its free space; returns why free space is left, or ``""``.

    Moving pages in steps needs no second copy of the file, and other processes can write between two steps. The
    file of an older Atelier, which was never rewritten, has no map of its pages and cannot be shrunk in steps.
    """
    left = _free_pages(db)
    try:
        while left:
            sqlite_files.patiently(lambda: db.executescript(f"PRAGMA incremental_vacuum({_PAGES})"))
            before, left = left, _free_pages(db)
            if left >= before:
                return "the file must be rewritten once as a whole, and that was not possible now"
    except sqlite3.Error as error:
        return sqlite_files.reason(error, kind="an Atelier store")
    return ""


def _free_pages(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA freelist_count").fetchone()[0])


def _is_over(seconds: float) -> Callable[[], bool]:
    """Make a function that returns whether `seconds` have passed since the first call of the function."""
    began: list[float] = []

    def is_over() -> bool:
        began[:] = began or [time.monotonic()]
        return time.monotonic() - began[0] > seconds

    return is_over
