"""Copy measurements between machines: pack a store into one file, and merge another machine's rows into a store.

Rows of two machines are never averaged. The hardware identifies a machine; a different machine with the same
hardware gets a name of its own.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from toolkit.contracts.identity import NODE, machine_id, machine_name
from toolkit.contracts.measurement import Measurement
from toolkit.core.errors import InvalidValue
from toolkit.core.files import written_whole
from toolkit.results.store.store import Store, insert
from toolkit.results.store.store_file import StoreFile, body_of

_ROWS = "SELECT m.body, f.body FROM measurements m JOIN fingerprints f ON f.hash = m.fingerprint ORDER BY id"


@dataclass(frozen=True, kw_only=True)
class Merged:
    """The result of adding the measurements of another store to a store.

    Attributes
    ----------
    n_added, n_known : int
        Numbers of measurements that were added, and that the store already had.
    machines : mapping of str to int
        Number of added measurements of each machine, by its name.
    named : sequence of str
        Names of added machines whose hardware equals that of a machine in this store.
    """

    n_added: int
    n_known: int
    machines: Mapping[str, int]
    named: Iterable[str]


def pack(store: Store, path: Path) -> int:
    """Write all measurements with raw samples and fingerprints into one file, which is a store; returns their number.

    Raises
    ------
    InvalidValue
        The store is empty, or the file cannot be written.
    """
    file = StoreFile(store.path)
    rows = file.rows("SELECT count(*) FROM measurements")
    n_rows = int(rows[0][0]) if rows else 0
    if not n_rows:
        raise InvalidValue(f"store {str(store.path)!r} must hold a measurement to be packed; it is empty.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as part:
            file.copy_to(part)
            part.chmod(0o644)
    except OSError as error:
        why = error.strerror or error
        raise InvalidValue(f"file {str(path)!r} cannot be written: {why}. Choose another folder.") from error
    return n_rows


def merge(store: Store, other: Path, *, name: str = "") -> Merged:
    """Add the measurements of another store that this store does not have; after an error no measurement is added.

    Parameters
    ----------
    store : Store
        Store to which the measurements are added.
    other : Path
        The other store, or a packed file; this file is not changed.
    name : str
        Name of the other machine in this store. By default the machine gets no name; if a machine of this store
        has the same hardware and no common measurement, the other machine gets the name of the file `other`.

    Raises
    ------
    InvalidValue
        The file `other` is missing, is this store, or is no store.
    """
    if not other.is_file():
        raise InvalidValue(
            f"'OTHER' of results merge must be a store or a packed file; {str(other)!r} is missing."
        )
    if store.path.exists() and other.resolve() == store.path.resolve():
        raise InvalidValue(f"'OTHER' of results merge must be another store; got this store, {str(other)!r}.")
    theirs = _rows(StoreFile(other))
    own_rows = _rows(StoreFile(store.path))
    own_bodies = {_digest(m) for m in own_rows}
    own_machines = {machine_id(m.fingerprint) for m in own_rows}
    common = {machine_id(m.fingerprint) for m in theirs if _digest(m) in own_bodies}
    twins = {machine_id(m.fingerprint) for m in theirs} & own_machines - common
    chosen = [_as_of(m, name, other, is_twin=machine_id(m.fingerprint) in twins) for m in theirs]
    new = [m for m in chosen if _digest(m) not in own_bodies]
    counts: dict[str, int] = defaultdict(int)
    for m in new:
        counts[machine_name(m.fingerprint)] += 1
    if new:
        with StoreFile(store.path).writing() as db:
            _insert_in_order(db, new)
    named = {str(m.fingerprint[NODE]) for m, before in zip(chosen, theirs, strict=True) if m is not before}
    return Merged(
        n_added=len(new), n_known=len(chosen) - len(new), machines=dict(counts), named=sorted(named)
    )


def _rows(file: StoreFile) -> list[Measurement]:
    machines: dict[str, Any] = {}
    found = []
    for body, machine in file.rows(_ROWS):
        if machine not in machines:
            machines[machine] = json.loads(machine)
        found.append(Measurement.from_dict({**json.loads(body), "fingerprint": machines[machine]}))
    return found


def _digest(measurement: Measurement) -> str:
    text = f"{machine_id(measurement.fingerprint)} {body_of(measurement)}"
    return hashlib.sha256(text.encode()).hexdigest()


def _as_of(measurement: Measurement, name: str, other: Path, *, is_twin: bool) -> Measurement:
    """Rename the machine of a measurement, and change the id of the measurement's environment accordingly."""
    called = name or (other.stem if is_twin else "")
    if not called:
        return measurement
    text = f"{called} {measurement.environment_id}"
    return replace(
        measurement,
        environment_id=hashlib.sha256(text.encode()).hexdigest()[:12],
        fingerprint={**measurement.fingerprint, NODE: called},
    )


def _insert_in_order(db: sqlite3.Connection, new: Iterable[Measurement]) -> None:
    """Add measurements, and store those of one trial anew in the order of their dates, so that the newest is last."""
    of_key: dict[str, list[Measurement]] = defaultdict(list)
    for m in new:
        of_key[m.key].append(m)
    for key, members in of_key.items():
        rows = db.execute(
            "SELECT m.body, f.body FROM measurements m JOIN fingerprints f ON f.hash = m.fingerprint WHERE key = ?",
            (key,),
        ).fetchall()
        there = [Measurement.from_dict({**json.loads(b), "fingerprint": json.loads(f)}) for b, f in rows]
        if there:
            db.execute(
                "DELETE FROM points WHERE measurement IN (SELECT id FROM measurements WHERE key = ?)", (key,)
            )
            db.execute("DELETE FROM measurements WHERE key = ?", (key,))
        for m in sorted([*there, *members], key=lambda m: m.began):
            insert(db, m)
