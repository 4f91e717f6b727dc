"""Read throughput over workers and threads from a CSV file: a user's own table, or a published table."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.analysis.percentiles import Percentile
from toolkit.analysis.stats import Estimate
from toolkit.contracts.outcome import Status
from toolkit.core import units
from toolkit.core.errors import InvalidValue
from toolkit.results.rows.rates import QUANTILE, RatePoint, RateTable

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = ("workers", "throughput_ips")
"""Columns that a file must have; all columns have the names that ``atelier results export`` writes."""
_TEXTS = ("operation", "backend", "settings", "executor", "environment", "status")
_NUMBERS = (
    *REQUIRED,
    "threads",
    "size_mp",
    "physical_cores",
    "throughput_low_ips",
    "throughput_high_ips",
    "blocks",
    "latency_p95_s",
    "memory_peak_bytes",
)
_GROUPED_BY = ("operation", "backend", "settings", "executor", "environment", "size_mp", "physical_cores")
_MOST = 10_000
"""Largest number of workers, threads or cores."""
_WHOLE = ("workers", "threads", "physical_cores")
_PUBLISHED = Path(__file__).with_name("published")


def published_tables() -> list[str]:
    """Names of the tables that come with Atelier: `read_rates` takes a name in place of a file.

    >>> published_tables()
    ['animeganv2_14_cores']
    """
    return sorted(file.stem for file in _PUBLISHED.glob("*.csv"))


def read_rates(path: str | Path) -> list[RateTable]:
    """Read a CSV file with a row for each number of workers.

    Parameters
    ----------
    path : str or Path
        A file, or the name of a published table. Columns: ``workers`` and ``throughput_ips`` (images/s); optional:
        ``threads`` (default 1), ``physical_cores``, ``size_mp``, ``throughput_low_ips`` and ``throughput_high_ips``
        (95 % interval) with the number of ``blocks`` behind it, ``latency_p95_s``, ``memory_peak_bytes``,
        ``operation``, ``backend``, ``settings``, ``executor``, ``environment`` and ``status``. Other columns
        are ignored, and so are lines after a ``#`` and rows whose status is not ok.

    Returns
    -------
    list of RateTable
        One table for each operation, backend, settings, machine and size in the file.

    Raises
    ------
    InvalidValue
        The file cannot be read, lacks a required column, or has a cell that is not a number above 0.

    Examples
    --------
    >>> (table,) = read_rates("animeganv2_14_cores")
    >>> table.cores, [point.workers for point in table.points]
    (14, [1, 4, 8, 14, 28])
    """
    frame = _read(path)
    if "status" in frame:
        frame = frame[frame["status"].fillna("") == Status.OK]
    if frame.empty:
        raise InvalidValue(
            f"table {str(path)!r} must have a row (with status ok, if it has a column status); it has no such row."
        )
    keys = [name for name in _GROUPED_BY if name in frame]
    groups = frame.groupby(keys, dropna=False, sort=False) if keys else [((), frame)]
    return [_table(str(path), members) for _, members in groups]


def _read(path: str | Path) -> pd.DataFrame:
    import pandas as pd

    file = Path(path).expanduser()
    if not file.exists() and str(path) in published_tables():
        file = _PUBLISHED / f"{path}.csv"
    try:
        frame = pd.read_csv(file, comment="#", skipinitialspace=True)
    except (OSError, ValueError) as error:  # pandas' parser errors and UnicodeDecodeError are ValueErrors
        why = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        hint = f"Published tables: {', '.join(published_tables())}."
        raise InvalidValue(
            f"table {str(path)!r} must be a CSV file; it cannot be read: {why}. {hint}"
        ) from None
    missing = [name for name in REQUIRED if name not in frame]
    if missing:
        has = ", ".join(map(str, frame.columns))
        raise InvalidValue(f"table {str(path)!r} must have the columns {', '.join(REQUIRED)}; it has {has}.")
    for name in (name for name in _NUMBERS if name in frame):
        frame[name] = _numbers(frame, name, path)
    return frame


def _numbers(frame: pd.DataFrame, name: str, path: str | Path) -> pd.Series[float]:
    """Convert a column to numbers; an optional column may have empty cells."""
    import pandas as pd

    found = pd.to_numeric(frame[name], errors="coerce")
    is_wrong = (
        (found.isna() & (frame[name].notna() | (name in REQUIRED))) | (found <= 0) | found.isin([math.inf])
    )
    if name in _WHOLE:
        is_wrong |= found.notna() & ((found % 1 != 0) | (found > _MOST))
    if "status" in frame:
        is_wrong &= frame["status"] == Status.OK
    if is_wrong.any():
        constraint = f"a whole number from 1 to {_MOST}" if name in _WHOLE else "a number above 0"
        got = frame[name][is_wrong].iloc[0]
        row = int(is_wrong.to_numpy().argmax()) + 1
        raise InvalidValue(f"{name!r} of table {str(path)!r} must be {constraint}; got {got!s} in row {row}.")
    return found


def _table(path: str, frame: pd.DataFrame) -> RateTable:
    first = {name: value for name, value in frame.iloc[0].items() if value == value}  # without empty cells
    texts = {name: str(first.get(name, "")) for name in _TEXTS}
    cores = int(first["physical_cores"]) if "physical_cores" in first else None
    points = [
        _point({str(name): value for name, value in row.items() if value == value})
        for row in frame.to_dict("records")
    ]
    repeated = {(p.workers, p.threads) for p in points}
    if len(repeated) < len(points):
        raise InvalidValue(
            f"table {path!r} must have one row for each number of workers and threads; it has {len(points)} rows for "
            f"{len(repeated)} combinations of workers and threads. Rows of different operations or settings need "
            "different values in the columns operation, backend or settings."
        )
    known = units.counted(cores, "physical core") if cores else "unknown cores"
    return RateTable(
        name="@".join(filter(None, (texts["operation"], texts["backend"]))) or Path(path).stem,
        settings=" ".join(part for part in texts["settings"].split() if not part.startswith("executor=")),
        executor=texts["executor"],
        megapixels=float(first["size_mp"]) if "size_mp" in first else None,
        machine=f"the machine of {Path(path).name} ({known})",
        environment=texts["environment"],
        cores=cores,
        points=tuple(sorted(points, key=lambda point: (point.threads, point.workers))),
    )


def _point(row: dict[str, float]) -> RatePoint:
    p95, peak = row.get("latency_p95_s"), row.get("memory_peak_bytes")
    blocks = int(row.get("blocks", 1))
    return RatePoint(
        workers=int(row["workers"]),
        threads=int(row.get("threads", 1)),
        rate=Estimate(
            row["throughput_ips"],
            row.get("throughput_low_ips"),
            row.get("throughput_high_ips"),
            blocks,
            blocks,
        ),
        latency_p95=None if p95 is None else Percentile(QUANTILE, p95, p95, p95, 0, "value"),
        peak_bytes=None if peak is None else int(peak),
    )
