"""Fresh runs: when each began, and whether it was stopped before it had measured everything that was asked.

A fresh run believes nothing that was measured before it began. When it is killed, the same question goes on with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from toolkit.results.store.store_file import StoreFile

GOES_ON_FOR = timedelta(hours=12)
"""An unfinished run that was at work within this time is continued; an older one is left, and a new run begins."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One fresh run.

    Attributes
    ----------
    id : int
    started : str
        ISO 8601, UTC: nothing measured before counts.
    is_resumed : bool
        Whether the run was begun by an earlier process that did not finish it.
    """

    id: int
    started: str
    is_resumed: bool

    def __str__(self) -> str:
        words = "Going on with the fresh run that" if self.is_resumed else "A fresh run that"
        return f"{words} began at {self.started[:16].replace('T', ' ')} UTC"


class Runs:
    """The fresh runs of a store.

    Parameters
    ----------
    file : StoreFile
    """

    def __init__(self, file: StoreFile) -> None:
        self._file = file

    def begin(self, asked: str, *, now: datetime | None = None) -> Run:
        """Go on with the unfinished run of the same question, or begin a new one.

        Parameters
        ----------
        asked : str
            Equal for equal questions.
        now : datetime, optional
            With a time zone; default: the present.

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
        """Note that the unfinished run that began at `started`, if the store has it, is still at work."""
        with self._file.writing() as db:
            now = _text(datetime.now(UTC))
            db.execute("UPDATE runs SET at_work = ? WHERE started = ? AND finished IS NULL", (now, started))

    def finish(self, run: Run) -> None:
        """Note that a run has measured everything that was asked: the same question then begins a new one."""
        with self._file.writing() as db:
            now = _text(datetime.now(UTC))
            db.execute("UPDATE runs SET at_work = ?, finished = ? WHERE id = ?", (now, now, run.id))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
