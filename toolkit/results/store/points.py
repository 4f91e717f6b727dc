"""Small tables with the values of each measurement that the history needs, so that no full measurement is read.

A series is one trial on one machine. Versions, sources and plug-ins are not part of a series, because an
alert names their changes.
"""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
from contextlib import suppress
from datetime import datetime
from typing import Any

from toolkit.contracts.identity import machine_id, machine_name
from toolkit.contracts.measurement import Measurement
from toolkit.core.errors import InvalidValue
from toolkit.results.store.latency import latency_of, sentinel_s
from toolkit.results.store.store_file import StoreFile, json_text

_MISSING = (
    "SELECT m.id, m.body, f.body FROM measurements m JOIN fingerprints f ON f.hash = m.fingerprint"
    " LEFT JOIN points p ON p.measurement = m.id WHERE p.measurement IS NULL"
)


def series_digest(measurement: Measurement) -> str:
    """Hash of a series: equal for the same trial (without the content of plug-ins) on the same machine."""
    trial = measurement.trial.to_dict()
    del trial["plugins"]
    text = json_text([trial, machine_id(measurement.fingerprint)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def add_point(db: sqlite3.Connection, number: int, measurement: Measurement) -> None:
    """Add the row of a measurement to the table `points`, in the transaction that adds the measurement."""
    digest = series_digest(measurement)
    trial, machine = measurement.trial, measurement.fingerprint
    db.execute(
        "INSERT OR IGNORE INTO series (digest, operation, backend, trial, machine, machine_name)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (digest, trial.operation, trial.backend, str(trial), machine_id(machine), machine_name(machine)),
    )
    (series,) = db.execute("SELECT id FROM series WHERE digest = ?", (digest,)).fetchone()
    latency = latency_of(measurement)[1]
    db.execute(
        "INSERT OR REPLACE INTO points (measurement, series, began_s, latency_s, sentinel_s, is_suspect)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            number,
            series,
            _seconds(measurement.began),
            _number(latency.value if measurement.is_ok else math.nan),
            _number(sentinel_s(measurement)),
            bool(measurement.suspect),
        ),
    )


def complete_points(file: StoreFile) -> None:
    """Add the rows of `points` for measurements that an older Atelier stored; a read-only store stays unchanged.

    The first call for a store of an older Atelier reads every measurement once.
    """
    if not file.rows("SELECT 1 FROM measurements LIMIT 1"):
        return
    if not file.rows("SELECT 1 FROM sqlite_master WHERE name = 'points'"):
        with suppress(InvalidValue), file.writing():
            pass  # opening the file for writing creates missing tables
    missing = file.rows(_MISSING)
    if not missing:
        return
    machines: dict[str, Any] = {}
    with suppress(InvalidValue), file.writing() as db:
        for number, body, machine in missing:
            if machine not in machines:
                machines[machine] = json.loads(machine)
            plain = {**json.loads(body), "fingerprint": machines[machine]}
            add_point(db, number, Measurement.from_dict(plain))


def _seconds(began: str) -> float:
    """Seconds since 1970 of an ISO 8601 time; 0 for a measurement without a time."""
    try:
        return datetime.fromisoformat(began).timestamp()
    except ValueError:
        return 0.0


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
