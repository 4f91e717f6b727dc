"""Every Measurement ever taken, in one SQLite file: append-only, raw samples and machine fingerprints kept.

Each call opens its own connection, so a Store may be shared by threads and processes. A measurement is one
transaction: after ``kill -9`` the file holds the measurements that `Store.add` returned from, and no half one.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from toolkit.core import checkout
from toolkit.core.errors import InvalidValue
from toolkit.core.measurement import Measurement
from toolkit.results.files import plain, to_json, write_whole

if TYPE_CHECKING:
    import pandas as pd

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

_LATEST = "id IN (SELECT max(id) FROM measurements GROUP BY key)"


class Store:
    """An append-only collection of Measurements in a SQLite file.

    Parameters
    ----------
    path : str or Path, optional
        Made, with its folder, by the first `add`. Default: ``data/results/atelier.sqlite`` of the checkout.

    Raises
    ------
    InvalidValue
        Not a store, a store of a newer version, not readable; or no path outside a checkout.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = (
            Path(path).expanduser() if path is not None else checkout.root() / "data/results/atelier.sqlite"
        )
        if self.path.is_dir():
            raise InvalidValue(f"store must be a file; {str(self.path)!r} is a folder.")
        if self.path.exists():
            with self._reading():
                pass

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def add(self, measurement: Measurement) -> None:
        """Append one Measurement; when this returns, it is on disk.

        Raises
        ------
        InvalidValue
            The folder is read-only, the disk is full, or another process holds the store for a minute.
        """
        body = measurement.to_dict()
        fingerprint = _json(body.pop("fingerprint"))
        digest = fingerprint_hash(measurement.fingerprint)
        trial = measurement.trial
        with self._writing() as db:
            db.execute("INSERT OR IGNORE INTO fingerprints VALUES (?, ?)", (digest, fingerprint))
            db.execute(
                "INSERT INTO measurements (key, operation, backend, threads, workers, status, settled,"
                " environment_id, fingerprint, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    measurement.key,
                    trial.operation,
                    trial.backend,
                    trial.placement.threads,
                    trial.workers,
                    measurement.status,
                    measurement.is_settled,
                    measurement.environment_id,
                    digest,
                    _json(body),
                ),
            )

    def keys(self) -> set[str]:
        """Keys whose latest Measurement is settled: a sweep need not take them again."""
        return {key for (key,) in self._rows(f"SELECT key FROM measurements WHERE settled AND {_LATEST}")}

    def all(self) -> list[Measurement]:
        """Every Measurement, in the order of adding."""
        return self._measurements("1", ())

    def latest(self) -> list[Measurement]:
        """The latest Measurement of each key, in the order of adding."""
        return self._measurements(_LATEST, ())

    def __iter__(self) -> Iterator[Measurement]:
        return iter(self.latest())

    def __len__(self) -> int:
        """How many keys have a Measurement."""
        rows = self._rows("SELECT count(DISTINCT key) FROM measurements")
        return int(rows[0][0]) if rows else 0

    def find(
        self,
        *,
        key: str | Collection[str] | None = None,
        operation: str | Collection[str] | None = None,
        backend: str | Collection[str] | None = None,
        status: str | Collection[str] | None = None,
        threads: int | Collection[int] | None = None,
        workers: int | Collection[int] | None = None,
        environment_id: str | Collection[str] | None = None,
    ) -> list[Measurement]:
        """The latest Measurements that have all the given values; a collection means any of them."""
        wanted: dict[str, str | int | Collection[str] | Collection[int] | None] = {
            "key": key,
            "operation": operation,
            "backend": backend,
            "status": status,
            "threads": threads,
            "workers": workers,
            "environment_id": environment_id,
        }
        clauses, values = [_LATEST], list[str | int]()
        for column, given in wanted.items():
            if given is None:
                continue
            choices: list[str | int] = [given] if isinstance(given, str | int) else [*given]
            clauses.append(f"{column} IN ({', '.join('?' * len(choices))})")
            values += choices
        return self._measurements(" AND ".join(clauses), values)

    def to_frame(self) -> pd.DataFrame:
        """One row for each latest Measurement; see `toolkit.results.frame.frame`."""
        from toolkit.results.frame import frame

        return frame(self.latest())

    def export_csv(self, path: str | Path) -> Path:
        """Write `to_frame` as CSV (UTF-8); an existing file is replaced whole."""
        return write_whole(path, self.to_frame().to_csv(index=False))

    def export_json(self, path: str | Path) -> Path:
        """Write every Measurement with its raw samples; NaN and infinity become null.

        ``{"schema_version": 1, "fingerprints": {hash: ...}, "measurements": [{"fingerprint": hash, ...}]}``
        """
        fingerprints: dict[str, Any] = {}
        measurements = []
        for measurement in self.all():
            digest = fingerprint_hash(measurement.fingerprint)
            fingerprints[digest] = measurement.fingerprint
            measurements.append({**measurement.to_dict(), "fingerprint": digest, "key": measurement.key})
        document = {
            "schema_version": SCHEMA_VERSION,
            "fingerprints": fingerprints,
            "measurements": measurements,
        }
        return write_whole(path, to_json(document))

    def _measurements(self, where: str, values: Iterable[str | int]) -> list[Measurement]:
        rows = self._rows(
            "SELECT m.body, f.body, m.fingerprint FROM measurements m JOIN fingerprints f"
            f" ON f.hash = m.fingerprint WHERE {where} ORDER BY id",
            values,
        )
        machines: dict[str, Any] = {}
        found = []
        for body, machine, digest in rows:
            if digest not in machines:
                machines[digest] = json.loads(machine)
            found.append(Measurement.from_dict({**json.loads(body), "fingerprint": machines[digest]}))
        return found

    def _rows(self, query: str, values: Iterable[str | int] = ()) -> list[tuple[Any, ...]]:
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
    def _writing(self) -> Iterator[sqlite3.Connection]:
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


def fingerprint_hash(fingerprint: Mapping[str, Any]) -> str:
    """16 hex digits that name a machine fingerprint."""
    return hashlib.sha256(_json(fingerprint).encode()).hexdigest()[:16]


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


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=plain)
