"""Which row is which: the order of a table's rows, the columns that name them, and what they all share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from toolkit.core import units
from toolkit.results.rows.labels import shared_parts
from toolkit.results.rows.summary import Summary
from toolkit.results.tables.layout import Cell, Column

Field = tuple[Column, Callable[[Summary], Cell]]


def name_columns(rows: Sequence[Summary]) -> list[Field]:
    """Columns that tell the rows from each other; what all rows share is left to `shared_text`."""
    shared = shared_parts(rows)

    def settings(s: Summary) -> str:
        return " ".join(
            part
            for part in s.setting_parts
            if part not in shared and not part.startswith(("device=", "precision="))
        )

    def differs(value: Callable[[Summary], object]) -> bool:
        return len({value(s) for s in rows}) > 1

    fields: list[Field] = [(Column(header="operation@backend", is_number=False), lambda s: Cell(text=s.name))]
    if any(settings(s) for s in rows):
        fields.append((Column(header="settings", is_number=False), lambda s: Cell(text=settings(s))))
    if differs(lambda s: s.environment):
        fields.append((Column(header="environment", is_number=False), lambda s: Cell(text=s.environment)))
    if differs(lambda s: s.trial.placement.device):
        fields.append(
            (Column(header="device", is_number=False), lambda s: Cell(text=s.trial.placement.device))
        )
    if differs(lambda s: s.precision):
        column = Column(header="precision", short="prec", is_number=False, is_wrapped=False)
        fields.append((column, lambda s: Cell(text=s.precision)))
    if differs(lambda s: s.trial.placement.threads):
        fields.append(
            (Column(header="threads", short="thr"), lambda s: Cell(text=str(s.trial.placement.threads)))
        )
    if differs(lambda s: s.trial.workers):
        fields.append((Column(header="workers", short="wrk"), lambda s: Cell(text=str(s.trial.workers))))
    if differs(lambda s: s.size):
        fields.append(
            (Column(header="size", unit="MP"), lambda s: Cell(text=units.megapixels(s.trial.megapixels)))
        )
    return fields
