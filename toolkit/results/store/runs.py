"""Store fresh runs: the start of each run, and whether the run has measured all of its trials.

A fresh run ignores measurements that are older than its start. If a fresh run is killed, the next fresh run with the
same trials continues it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from toolkit.results.store.store_file import StoreFile

GOES_ON_FOR = timedelta(hours=12)
"""Longest time since the last activity of an unfinished run after which a process continues the run."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One fresh run, which ignores measurements that are older than its start.

    Attributes
    ----------
    id : int
        Number of the run in the store.
    started : str
        Start of the run, ISO 8601, UTC.
    is_resumed : bool
        Whether an earlier process began the run and did not finish it.
    """

    id: int
    started: str
    is_resumed: bool

    def __str__(self) -> str:
        words = "Continuing the fresh run that" if self.is_resumed else "A fresh run that"
        return f"{words} began at {self.started[:16].replace('T', ' ')} UTC"


class Runs:
    """The fresh runs of a store.

    Parameters
    ----------
    file : StoreFile
        The SQLite file of the store.
    """

    def __init__(self, file: StoreFile) -> None:
        self._file = file

    def begin(self, asked: str, *, now: datetime | None = None) -> Run:
        """Continue the unfinished run with the same trials and settings (`asked`), or begin a new run.

        Parameters
        ----------
        asked : str
            Hash of the trials and settings of the run.
        now : datetime, optional
            Current time with a time zone; default: the system's time.

        Raises
        ------
        InvalidValue
            The store cannot be written.
        """
        now = datetime.now(UTC) if now is None else now
        with self._file.writing() as db:
            found = db.execute(
                "SELECT id, started FROM runs WHERE asked = ? AND finished IS NULL AND at_work > ?"
                " ORDER BY id DESC LIMIT 1",
                (asked, _text(now - GOES_ON_FOR)),
            ).fetchone()
            if found:
                db.execute("UPDATE runs SET at_work = ? WHERE id = ?", (_text(now), found[0]))
                return Run(id=found[0], started=found[1], is_resumed=True)
            cursor = db.execute(
                "INSERT INTO runs (asked, started, at_work) VALUES (?, ?, ?)", (asked, _text(now), _text(now))
            )
            return Run(id=int(cursor.lastrowid or 0), started=_text(now), is_resumed=False)

    def continued(self, started: str) -> None:
        """Record that the unfinished run that began at `started`, if the store has this run, is still active."""
        with self._file.writing() as db:
            now = _text(datetime.now(UTC))
            db.execute("UPDATE runs SET at_work = ? WHERE started = ? AND finished IS NULL", (now, started))

    def finish(self, run: Run) -> None:
        """Record that a run has measured all of its trials, so that the next fresh run of these trials begins anew."""
        with self._file.writing() as db:
            now = _text(datetime.now(UTC))
            db.execute("UPDATE runs SET at_work = ?, finished = ? WHERE id = ?", (now, now, run.id))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
