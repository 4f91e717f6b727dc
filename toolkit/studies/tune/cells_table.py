"""The table of notebook ``80_search`` with the settings that were measured, and those that were ruled out together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from toolkit.core import units
from toolkit.results.tables import Table
from toolkit.results.tables.layout import Column, text_column
from toolkit.studies.tune.answers import Study
from toolkit.studies.tune.constraints import Look
from toolkit.studies.tune.objective import Objective


@dataclass(frozen=True)
class _Row:
    settings: str
    state: str
    look: Look
    rounds: int = 0


def cells_table(study: Study, *, title: str = "Settings that were measured or ruled out") -> Table:
    """A table: a row for each measured combination of settings, best first, then a row for each ruled-out group."""
    rows = [*_measured(study), *_rejected(study)]
    is_time = study.asked.minimize != Objective.MEMORY
    scale, unit = units.time_unit(row.look.value if is_time else None for row in rows)
    columns = [text_column("settings", lambda row: row.settings)]
    if is_time:
        columns.append(Column("time", lambda row: _known(row.look.value), unit=unit, scale=scale))
        columns.append(Column("p95", lambda row: _known(row.look.p95_s), unit=unit, scale=scale))
    columns += _column_if_known(rows, "agreement", "dB", lambda look: look.agreement_db)
    columns += _column_if_known(rows, "PSNR", "dB", lambda look: look.psnr_db)
    columns += _column_if_known(rows, "memory", "MB", lambda look: look.memory_bytes, scale=1e6)
    columns.append(Column("rounds", lambda row: str(row.rounds or "")))
    columns.append(text_column("result", lambda row: row.state))
    return Table.of(rows, columns, title=title, frame=study.to_frame())


def _measured(study: Study) -> list[_Row]:
    out = {cell for rejection in study.found.rejections for cell in rejection.cells}
    looks = {cell: look for cell, look in study.found.looks.items() if cell not in out and look.has_value}
    race = study.found.race
    return [
        _Row(
            study.space.label(cell),
            _state(study, cell),
            looks[cell],
            len(race.values(cell)) if race is not None and race.values_known(cell) else 0,
        )
        for cell in sorted(looks, key=lambda cell: looks[cell].value)
    ]


def _state(study: Study, cell: int) -> str:
    if cell == study.found.winner:
        return "winner"
    if cell in study.candidate_cells:
        return "candidate"
    if cell in study.found.ties:
        return "tie"
    return "on the Pareto front" if cell in study.front_cells else ""


def _rejected(study: Study) -> list[_Row]:
    return [
        _Row(
            study.space.label(rejection.cell),
            f"rejected: {rejection.reason.rstrip('.')}"
            + (
                f" ({units.counted(len(rejection.cells), 'combination')})" if len(rejection.cells) > 1 else ""
            ),
            study.found.looks.get(rejection.cell, Look()),
        )
        for rejection in study.found.rejections
    ]


def _column_if_known(
    rows: list[_Row], header: str, unit: str, read: Callable[[Look], float | None], *, scale: float = 1.0
) -> list[Column]:
    """A list with one column, or an empty list if no measured combination of settings has a value for the column."""
    if all(read(row.look) is None for row in rows):
        return []

    def text(row: _Row) -> str | float | None:
        value = read(row.look)
        return "equal" if value == math.inf else value

    return [Column(header, text, unit=unit, scale=scale)]


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
