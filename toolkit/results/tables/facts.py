"""Make a table of facts, such as those about a machine: each row has a name and a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter

from toolkit.results.tables.layout import Table, text_column


def facts_table(facts: Mapping[str, object], *, title: str) -> Table:
    """Make a table of names and values, such as a machine's fingerprint; nested mappings get dotted names."""
    import pandas as pd

    flat = list(_flatten(facts))
    names = ["name", "value"]
    columns = [text_column(name, itemgetter(n)) for n, name in enumerate(names)]
    return Table.of(flat, columns, title=title, frame=pd.DataFrame(flat, columns=names))


def _flatten(facts: Mapping[str, object], prefix: str = "") -> Iterable[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple):
            yield prefix + str(name), ", ".join(map(str, value))
        else:
            yield prefix + str(name), "" if value is None else str(value)
