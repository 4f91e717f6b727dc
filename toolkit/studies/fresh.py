"""Begin and continue fresh runs, which use only measurements that were taken since the run began."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from toolkit.contracts.measurement import Measurement
from toolkit.results.store.runs import GOES_ON_FOR, Run
from toolkit.results.store.store import Store

SINCE_VARIABLE = "ATELIER_FRESH_SINCE"
"""Environment variable with the start of the fresh run of this process, ISO 8601; a fresh report sets the variable."""


def begin_run(store: Store, asked: Iterable[object]) -> Run:
    """Begin a fresh run, which ignores earlier measurements, or continue an unfinished run of the same trials and plan.

    Parameters
    ----------
    asked : iterable
        Trials, their plan and other settings; together, in this order, they identify the run.

    Raises
    ------
    InvalidValue
        The store cannot be written.
    """
    text = "\n".join(map(str, asked))
    return store.runs.begin(hashlib.sha256(text.encode()).hexdigest()[:16])


def surrounding_run() -> str:
    """Start of the fresh run to which this process belongs, ISO 8601; ``""`` if it belongs to no fresh run."""
    return os.environ.get(SINCE_VARIABLE, "")


def is_since(measurement: Measurement, since: str) -> bool:
    """Whether a measurement began at or after `since` (ISO 8601, UTC); True for an empty `since`."""
    # A measurement without blocks (measuring processes) has its time in whole seconds, so `since` is cut to them too.
    return measurement.began >= (since if measurement.blocks else since[:19])


def begun(store: Store, keys: Collection[str], *, since: str) -> list[Measurement]:
    """Finished rounds of trials whose measurement was stopped at most 12 hours ago, and that began after `since`."""
    latest = (datetime.now(UTC) - GOES_ON_FOR).isoformat(timespec="milliseconds")
    return [m for m in store.rounds.of(keys) if is_since(m, max(since, latest))]
