"""Where the time of one picture goes: decode, preprocess, infer, postprocess, encode; what is paid once apart."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit.contracts.measurement import Measurement
from toolkit.core import units
from toolkit.results.cells import time_cell
from toolkit.results.frame import frame_of
from toolkit.results.layout import Cell, Column, Table
from toolkit.results.rows import Field, group_starts, in_order, name_columns, shared_text
from toolkit.results.summary import PIPELINE, Summary, newest, summarise

ONCE = ("import", "photos", "load", "first")
"""Paid once a process, before its second picture."""


def pipeline_rows(measurements: Iterable[Measurement]) -> list[Summary]:
    """Rows whose stages are told apart, in the order of a table."""
    return [s for s in in_order(summarise(newest(measurements))) if s.pipeline_s]


def end_to_end_s(s: Summary) -> float:
    """Seconds from file to file of one picture: the sum of its stages."""
    return sum(s.pipeline_s.values())


def infer_share(s: Summary) -> float:
    """Share of the network itself in a picture's time, 0..1."""
    return s.pipeline_s.get("infer", 0.0) / end_to_end_s(s)


def pipeline_table(measurements: Iterable[Measurement], *, title: str = "Where the time goes") -> Table:
    """Milliseconds of each stage of one picture, end to end, and what is paid once; medians over processes.

    A row with ``reload=true`` loads its model anew for each picture, and stands beside the one that keeps it.
    """
    rows = pipeline_rows(measurements)
    unit_once, name_once = units.time_unit(s.stages_s.get(stage) for s in rows for stage in ("load", "first"))
    fields: list[Field] = name_columns(rows)
    fields += [_stage_field(stage) for stage in PIPELINE]
    fields += [
        (Column(header="end to end", short="total", unit="ms"), lambda s: _stage(end_to_end_s(s), s)),
        (
            Column(header="share of infer", short="infer", unit="%"),
            lambda s: Cell(text=f"{100 * infer_share(s):.0f}"),
        ),
    ]
    fields += [_once_field(stage, unit_once, name_once) for stage in ONCE]
    shared = shared_text(rows)
    notes = ["Medians over processes. End to end: the sum of the five, from JPEG to JPEG (mattes: PNG)."]
    if any(_is_reloaded(s) for s in rows):
        notes.append("reload=true: the model is loaded anew for each picture, within infer.")
    return Table(
        title=f"{title}: {shared}" if shared else title,
        columns=[column for column, _ in fields],
        rows=[[cell(s) for _, cell in fields] for s in rows],
        frame=frame_of(rows),
        groups=group_starts(rows),
        notes=notes if rows else [],
    )


def _stage_field(stage: str) -> Field:
    column = Column(header=stage, short=stage.removesuffix("process"), unit="ms")
    return column, lambda s: _stage(s.pipeline_s.get(stage), s)


def _once_field(stage: str, scale: float, unit: str) -> Field:
    column = Column(header=f"once: {stage}", short=stage, unit=unit, gives_way=2 if stage == "import" else 1)
    return column, lambda s: time_cell(s.stages_s.get(stage), scale)


def _stage(value_s: float | None, s: Summary) -> Cell:
    return time_cell(value_s, 1e-3, is_struck=s.is_failed)


def _is_reloaded(s: Summary) -> bool:
    return ("reload", True) in s.trial.params
