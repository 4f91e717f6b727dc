"""The columns that name the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from toolkit.core import units
from toolkit.results.rows.labels import shared_parts
from toolkit.results.rows.summary import Summary
from toolkit.results.tables.layout import Column

THREADS = Column("threads", lambda s: str(s.trial.placement.threads), short="thr")
WORKERS = Column("workers", lambda s: str(s.trial.workers), short="wrk")
SIZE = Column("size", lambda s: units.megapixels(s.trial.megapixels), unit="MP")

LABELLED = (
    Column("operation@backend", lambda s: s.label, is_number=False),
    THREADS,
    WORKERS,
    SIZE,
)
"""The same columns for any rows: the label has all settings in it."""


def name_columns(rows: Sequence[Summary]) -> list[Column]:
    """Columns that distinguish the rows; what all rows share is in the title (see `shared_text`)."""
    shared = shared_parts(rows)

    def settings(s: Summary) -> str:
        own = (part for part in s.setting_parts if part not in shared)
        return " ".join(part for part in own if not part.startswith(("device=", "precision=")))

    def differ(value: Callable[[Summary], object]) -> bool:
        return len({value(s) for s in rows}) > 1

    precision = Column("precision", lambda s: s.precision, short="prec", is_number=False, is_wrapped=False)
    optional = [
        (Column("settings", settings, is_number=False), any(settings(s) for s in rows)),
        (Column("environment", lambda s: s.environment, is_number=False), None),
        (Column("device", lambda s: s.trial.placement.device, is_number=False), None),
        (precision, None),
        (THREADS, None),
        (WORKERS, None),
        (SIZE, differ(lambda s: s.size)),
    ]
    names = [Column("operation@backend", lambda s: s.name, is_number=False)]
    return names + [c for c, is_shown in optional if (differ(c.cell) if is_shown is None else is_shown)]
