"""The series of a store: one trial on one machine, over runs, versions and sources."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.core.errors import InvalidValue
from toolkit.results.store.store_file import StoreFile


@dataclass(frozen=True, kw_only=True)
class RunSeries:
    """A series of runs: the measurements of one trial on one machine.

    Attributes
    ----------
    id : int
        Number of the series in this store.
    operation, backend, trial : str
        Names of the operation and the backend, and the trial as text.
    machine, machine_name : str
        Id of the machine, and its name for people.
    n_runs, last : int
        Number of the measurements of the series, and the id of the measurement that was added last.
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


def every_series(file: StoreFile) -> list[RunSeries]:
    """Every series that has a run, sorted by operation, trial and machine."""
    if not _has_every_point(file):
        # `complete_points` is imported only here, because a store with a complete table `points` does not need it.
        from toolkit.results.store.points import complete_points

        complete_points(file)
    rows = file.rows(
        "SELECT s.id, operation, backend, trial, machine, machine_name, n, last, judged FROM series s JOIN"
        " (SELECT series, count(*) AS n, max(measurement) AS last FROM points GROUP BY series) p ON p.series = s.id"
        " ORDER BY operation, trial, machine_name, machine"
    )
    names = ("id", "operation", "backend", "trial", "machine", "machine_name", "n_runs", "last", "judged")
    return [RunSeries(**dict(zip(names, row, strict=True))) for row in rows]


def _has_every_point(file: StoreFile) -> bool:
    """Whether the table `points` has a row for each measurement: equal numbers of rows and equal sums of ids."""
    sums = "SELECT count(*), total({}) FROM {}"
    return file.rows(sums.format("id", "measurements")) == file.rows(sums.format("measurement", "points"))


def matching(series: list[RunSeries], text: str) -> list[RunSeries]:
    """The series whose trial or machine contains `text`, without regard to case.

    Raises
    ------
    InvalidValue
        The store has series, but `text` matches none of them.
    """
    wanted = text.strip().lower()
    found = [one for one in series if wanted in f"{one.trial} {one.machine_name} {one.machine}".lower()]
    if series and not found:
        names = ", ".join(sorted({f"{one.operation}@{one.backend}" for one in series}))
        raise InvalidValue(f"'FILTER' of history must match a series; {text!r} matches none of {names}.")
    return found
