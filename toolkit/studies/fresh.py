"""What a run believes: everything that the store holds or, in a fresh run, only what was measured since it began."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from toolkit.contracts.measurement import Measurement
from toolkit.results.store.runs import GOES_ON_FOR, Run
from toolkit.results.store.store import Store

SINCE_VARIABLE = "ATELIER_FRESH_SINCE"
"""Start of the fresh run, ISO 8601, that this process is a part of: a fresh report sets it for its notebook."""


def begin_run(store: Store, asked: Iterable[object]) -> Run:
    """Begin a fresh run, or go on with the unfinished one of the same question.

    Parameters
    ----------
    asked : iterable
        What is asked, such as trials and their plan; the order of its parts counts.

    Raises
    ------
    InvalidValue
        The store cannot be written.
    """
    text = "\n".join(map(str, asked))
    return store.runs.begin(hashlib.sha256(text.encode()).hexdigest()[:16])


def surrounding_run() -> str:
    """Start of the fresh run that this process is a part of; ``""`` if it is a part of none."""
    return os.environ.get(SINCE_VARIABLE, "")


def is_since(measurement: Measurement, since: str) -> bool:
    """Whether a measurement began after `since` (ISO 8601, UTC); all did if it is empty."""
    # A measurement without blocks has a time in whole seconds.
    return measurement.began >= (since if measurement.blocks else since[:19])


def begun(store: Store, keys: Collection[str], *, since: str) -> list[Measurement]:
    """Finished rounds of trials whose measuring was stopped in the last hours, and after `since`."""
    latest = (datetime.now(UTC) - GOES_ON_FOR).isoformat(timespec="milliseconds")
    return [m for m in store.rounds.of(keys) if is_since(m, max(since, latest))]
