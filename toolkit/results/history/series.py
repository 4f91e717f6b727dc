"""The series of a store: one trial on one machine, over runs, versions and sources."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.analysis.stats import FloatArray
from toolkit.core.errors import InvalidValue
from toolkit.results.store.points import complete_points
from toolkit.results.store.store_file import StoreFile

_SECONDS_A_DAY = 86400


@dataclass(frozen=True, kw_only=True)
class RunSeries:
    """One trial on one machine.

    Attributes
    ----------
    id : int
        Number of the series in this store.
    operation, backend, trial : str
        `trial` is the written form.
    machine, machine_name : str
        Id and words of the machine.
    n_runs, last : int
        Number of its measurements, and the id of the newest one in the order of adding.
    judged : str or None
        Stored judgement of earlier runs, JSON.
    """

    id: int
    operation: str
    backend: str
    trial: str
    machine: str
    machine_name: str
    n_runs: int
    last: int
    judged: str | None


@dataclass(frozen=True, kw_only=True)
class Runs:
    """The runs of one series in the order of time, one entry of each array for a run.

    Attributes
    ----------
    ids : ndarray of int
        Ids of the measurements.
    began_s : ndarray of float
        Seconds since 1970, UTC.
    latency_s, sentinel_s : ndarray of float
        Seconds a call, and of the machine's small fixed workload; NaN where there is none (a failed run).
    is_suspect : ndarray of bool
        Whether the machine was not quiet.
    """

    ids: npt.NDArray[np.int64]
    began_s: FloatArray
    latency_s: FloatArray
    sentinel_s: FloatArray
    is_suspect: npt.NDArray[np.bool_]

    @property
    def days(self) -> npt.NDArray[np.int64]:
        """Number of the day of each run, UTC."""
        return np.asarray(self.began_s // _SECONDS_A_DAY, dtype=np.int64)

    def checksum(self, n: int) -> int:
        """Checksum of the first `n` runs: it is equal as long as these runs are the same measurements."""
        return zlib.crc32(self.ids[:n].tobytes())


def every_series(file: StoreFile) -> list[RunSeries]:
    """Every series that has a run, sorted by operation, trial and machine."""
    complete_points(file)
    rows = file.rows(
        "SELECT s.id, operation, backend, trial, machine, machine_name, n, last, judged FROM series s JOIN"
        " (SELECT series, count(*) AS n, max(measurement) AS last FROM points GROUP BY series) p ON p.series = s.id"
        " ORDER BY operation, trial, machine_name, machine"
    )
    names = ("id", "operation", "backend", "trial", "machine", "machine_name", "n_runs", "last", "judged")
    return [RunSeries(**dict(zip(names, row, strict=True))) for row in rows]


def matching(series: list[RunSeries], text: str) -> list[RunSeries]:
    """The series whose trial or machine contains `text`, without regard to case.

    Raises
    ------
    InvalidValue
        The store has series, but none matches.
    """
    wanted = text.strip().lower()
    found = [one for one in series if wanted in f"{one.trial} {one.machine_name} {one.machine}".lower()]
    if series and not found:
        names = ", ".join(sorted({f"{one.operation}@{one.backend}" for one in series}))
        raise InvalidValue(f"'FILTER' of history must match a series; {text!r} matches none of {names}.")
    return found


def runs_of(file: StoreFile, series: int) -> Runs:
    """The runs of one series in the order of time."""
    rows = file.rows(
        "SELECT measurement, began_s, latency_s, sentinel_s, is_suspect FROM points WHERE series = ?"
        " ORDER BY began_s, measurement",
        (series,),
    )
    ids, began, latency, sentinel, suspect = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return Runs(
        ids=np.array(ids, dtype=np.int64),
        began_s=np.array(began, dtype=np.float64),
        latency_s=np.array(latency, dtype=np.float64),
        sentinel_s=np.array(sentinel, dtype=np.float64),
        is_suspect=np.array(suspect, dtype=np.bool_),
    )
