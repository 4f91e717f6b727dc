"""Read stored measurements as a DataFrame."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from toolkit.results.rows.frame import frame
from toolkit.results.rows.summarising import newest_rows
from toolkit.results.store.store import Store

if TYPE_CHECKING:
    import pandas as pd


def results(
    operation: str | Collection[str] | None = None,
    *,
    backend: str | Collection[str] | None = None,
    status: str | Collection[str] | None = None,
    store: Store | None = None,
) -> pd.DataFrame:
    """A DataFrame with the newest stored measurement of each trial that matches every given argument.

    Parameters
    ----------
    operation, backend, status : str or collection of str, optional
        Operation, backend or status of the measurements to select; a collection selects any of its values.
    store : Store, optional
        Store to read; default: the store that all commands use.

    Returns
    -------
    DataFrame
        Raw numbers with their units in the names of the columns, as from `toolkit.results.rows.frame.frame`.
    """
    store = Store() if store is None else store
    return frame(newest_rows(store.find(operation=operation, backend=backend, status=status)))
