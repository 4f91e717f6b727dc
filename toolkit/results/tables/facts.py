"""Names and values as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from toolkit.results.tables.layout import Cell, Column, Table


def facts_table(facts: Mapping[str, object], *, title: str) -> Table:
    """Names and values, such as parameters or a machine's fingerprint; nested mappings get dotted names."""
    import pandas as pd

    flat = list(_flatten(facts))
    return Table(
        title=title,
        columns=[Column(header="name", is_number=False), Column(header="value", is_number=False)],
        rows=[[Cell(text=name), Cell(text=value)] for name, value in flat],
        frame=pd.DataFrame(flat, columns=["name", "value"]),
    )


def _flatten(facts: Mapping[str, object], prefix: str = "") -> Iterable[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple):
            yield prefix + str(name), ", ".join(map(str, value))
        else:
            yield prefix + str(name), "" if value is None else str(value)
