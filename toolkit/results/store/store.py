"""Store measurements with raw samples and machine fingerprints in one SQLite file.

Each call opens its own connection, so threads and processes may share a Store. Each measurement is one transaction:
after ``kill -9`` the file has every measurement for which `Store.add` has returned, and no partial measurement.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from toolkit.contracts.identity import fingerprint_id
from toolkit.contracts.measurement import Measurement
from toolkit.core import folders
from toolkit.core.files import to_json, write_whole
from toolkit.results.store.load_tests import LoadTests
from toolkit.results.store.points import add_point
from toolkit.results.store.rounds import Rounds
from toolkit.results.store.runs import Runs
from toolkit.results.store.store_file import SCHEMA_VERSION, StoreFile, body_of, json_text, store_path

_LATEST = "id IN (SELECT max(id) FROM measurements GROUP BY key)"


class Store:
    """A collection of Measurements in a SQLite file, to which Measurements are appended.

    Parameters
    ----------
    path : str or Path, optional
        Path of the SQLite file, which `add` creates; default: ``data/results/atelier.sqlite`` of the checkout.

    Attributes
    ----------
    path : Path
        Path of the SQLite file.
    runs : Runs
        Runs that ignore all earlier measurements (fresh runs), finished or not.
    rounds : Rounds
        Finished rounds of trials whose measurement was stopped.
    load_tests : LoadTests
        Load tests of web services.

    Raises
    ------
    InvalidValue
        The file is not a store, was written by a newer version or cannot be read.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = store_path(path)
        self._is_default = path is None
        self._file = StoreFile(self.path)
        self.runs = Runs(self._file)
        self.rounds = Rounds(self._file)
        self.load_tests = LoadTests(self._file)

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def add(self, measurement: Measurement) -> None:
        """Append one Measurement; the Measurement is on disk when `add` returns.

        Raises
        ------
        InvalidValue
            The folder is read-only, the disk is full, or another process locks the store for a minute.
        """
        self.add_all([measurement])

    def add_all(self, measurements: Iterable[Measurement]) -> None:
        """Append several Measurements; after an error, no Measurement is added.

        Raises
        ------
        InvalidValue
            The Measurements cannot be written, for a reason that `add` names.
        """
        with self._file.writing() as db:
            for measurement in measurements:
                insert(db, measurement)

    def check_writable(self) -> None:
        """Raise an error if a Measurement cannot be added, so that a sweep fails before it measures.

        Raises
        ------
        InvalidValue
            The store cannot be written, for a reason that `add` names.
        """
        if self._is_default:
            folders.made_home()
        self._file.check_writable()

    def keys(self) -> set[str]:
        """Keys of the trials whose latest Measurement is final, so that a sweep skips these trials."""
        return {
            key for (key,) in self._file.rows(f"SELECT key FROM measurements WHERE settled AND {_LATEST}")
        }

    def all(self) -> list[Measurement]:
        """Every Measurement, in the order in which they were added."""
        return self._measurements("1", ())

    def latest(self) -> list[Measurement]:
        """The latest Measurement of each trial, in the order in which they were added."""
        return self._measurements(_LATEST, ())

    def __iter__(self) -> Iterator[Measurement]:
        return iter(self.latest())

    def __len__(self) -> int:
        """Number of different trials that have a Measurement."""
        rows = self._file.rows("SELECT count(DISTINCT key) FROM measurements")
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
        all_times: bool = False,
    ) -> list[Measurement]:
        """The latest Measurements that match every argument; of a collection, a Measurement must match any one value.

        With `all_times`, the result also has the earlier Measurements of each trial.
        """
        where, values = _clause(
            key=key,
            operation=operation,
            backend=backend,
            status=status,
            threads=threads,
            workers=workers,
            environment_id=environment_id,
        )
        return self._measurements(where if all_times else f"{_LATEST} AND {where}", values)

    def numbered(self, numbers: Iterable[int]) -> dict[int, Measurement]:
        """The Measurements with these ids in the SQLite file, by id."""
        wanted = sorted(set(numbers))
        found = self._measurements(f"id IN ({', '.join('?' * len(wanted))})", wanted)
        there = self._file.rows(
            f"SELECT id FROM measurements WHERE id IN ({', '.join('?' * len(wanted))}) ORDER BY id", wanted
        )
        return {number: one for (number,), one in zip(there, found, strict=True)}

    def forget(
        self, *, key: str | None, operation: str | None, backend: str | None, status: str | None
    ) -> int:
        """Delete all Measurements, old and new, that match every given argument; returns their number.

        Raises
        ------
        InvalidValue
            The store cannot be written.
        """
        where, values = _clause(key=key, operation=operation, backend=backend, status=status)
        with self._file.writing() as db:
            db.execute(
                f"DELETE FROM rounds WHERE key IN (SELECT key FROM measurements WHERE {where})", values
            )
            n_forgotten = db.execute(f"DELETE FROM measurements WHERE {where}", values).rowcount
            db.execute("DELETE FROM points WHERE measurement NOT IN (SELECT id FROM measurements)")
            return n_forgotten

    def export_json(self, path: str | Path) -> Path:
        """Write every Measurement with its raw samples to a JSON file; NaN and infinity become null.

        ``{"schema_version": 1, "fingerprints": {hash: ...}, "measurements": [{"fingerprint": hash, ...}]}``
        """
        fingerprints: dict[str, Any] = {}
        measurements = []
        for measurement in self.all():
            digest = fingerprint_id(measurement.fingerprint)
            fingerprints[digest] = measurement.fingerprint
            measurements.append({**measurement.to_dict(), "fingerprint": digest, "key": measurement.key})
        document = {
            "schema_version": SCHEMA_VERSION,
            "fingerprints": fingerprints,
            "measurements": measurements,
        }
        return write_whole(path, to_json(document))

    def _measurements(self, where: str, values: Iterable[str | int]) -> list[Measurement]:
        rows = self._file.rows(
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


def insert(db: sqlite3.Connection, measurement: Measurement) -> None:
    """Append one Measurement in an open transaction."""
    digest = fingerprint_id(measurement.fingerprint)
    row = {
        "key": measurement.key,
        "operation": measurement.trial.operation,
        "backend": measurement.trial.backend,
        "threads": measurement.trial.placement.threads,
        "workers": measurement.trial.workers,
        "status": measurement.status,
        "settled": measurement.is_settled,
        "environment_id": measurement.environment_id,
        "fingerprint": digest,
        "body": body_of(measurement),
    }
    fingerprint = json_text(measurement.fingerprint)
    db.execute("INSERT OR IGNORE INTO fingerprints VALUES (?, ?)", (digest, fingerprint))
    columns, places = ", ".join(row), ", ".join("?" * len(row))
    cursor = db.execute(f"INSERT INTO measurements ({columns}) VALUES ({places})", tuple(row.values()))
    db.execute("DELETE FROM rounds WHERE key = ?", (measurement.key,))
    add_point(db, int(cursor.lastrowid or 0), measurement)


def _clause(**wanted: str | int | Collection[str] | Collection[int] | None) -> tuple[str, list[str | int]]:
    """Make an SQL condition that columns have the wanted values (None: any value), and the values for its `?`."""
    clauses, values = ["1"], list[str | int]()
    for column, given in wanted.items():
        if given is None:
            continue
        choices: list[str | int] = [given] if isinstance(given, str | int) else [*given]
        clauses.append(f"{column} IN ({', '.join('?' * len(choices))})")
        values += choices
    return " AND ".join(clauses), values
