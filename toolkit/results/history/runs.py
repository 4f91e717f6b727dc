"""The runs of one series as arrays, to judge and to draw them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.analysis.stats import FloatArray
from toolkit.results.history.judged import History
from toolkit.results.store.store import Store
from toolkit.results.store.store_file import StoreFile

_SECONDS_A_DAY = 86400


@dataclass(frozen=True, kw_only=True)
class Runs:
    """The runs of one series in the order of time; each array has one entry for each run.

    Attributes
    ----------
    ids : ndarray of int
        Ids of the measurements.
    began_s : ndarray of float
        When each run began, seconds since 1970, UTC.
    latency_s, sentinel_s : ndarray of float
        Time of a call, and time of the machine's small fixed workload, s; NaN for a run without such a time.
    is_suspect : ndarray of bool
        Whether the machine was busy during the run.
    """

    ids: npt.NDArray[np.int64]
    began_s: FloatArray
    latency_s: FloatArray
    sentinel_s: FloatArray
    is_suspect: npt.NDArray[np.bool_]

    @property
    def days(self) -> npt.NDArray[np.int64]:
        """Number of days from 1970 to the day of each run, UTC."""
        return np.asarray(self.began_s // _SECONDS_A_DAY, dtype=np.int64)

    def checksum(self, n: int) -> int:
        """Checksum of the first `n` runs; the checksum changes if one of them is deleted or another is inserted."""
        return zlib.crc32(self.ids[:n].tobytes())


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


def with_runs(store: Store, histories: Sequence[History], *, most: int) -> list[tuple[History, Runs]]:
    """At most `most` histories to draw, each with its runs: newest changes first, then the largest number of runs."""

    def rank(history: History) -> tuple[str, int]:
        return (history.changes[-1].date if history.changes else "", history.n_timed)

    chosen = sorted((h for h in histories if h.n_timed), key=rank, reverse=True)[:most]
    file = StoreFile(store.path)
    return [(history, runs_of(file, history.series.id)) for history in chosen]
