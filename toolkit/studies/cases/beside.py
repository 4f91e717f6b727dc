"""Show the times of a case on another machine, such as one with a graphics card, beside the times on this machine."""

from __future__ import annotations

from typing import Any

from toolkit.results.first_screen.origin import machine_line
from toolkit.results.tables.layout import Column, Table, text_column
from toolkit.studies.cases.case_run import CaseRun, load_run
from toolkit.studies.cases.tables import NO_TIME, card_text, frame_row, time_cell


def beside_table(run: CaseRun, path: str) -> Table:
    """Table of each procedure's time on this machine, and on another machine if `path` names a run of that machine.

    Parameters
    ----------
    path : str
        File with a run of the same case on another machine: from ``data/results/cases/``, or ``report.json`` of the
        case's page on that machine. If empty, no other machine is shown.

    Raises
    ------
    InvalidValue
        The file cannot be read, or holds a run of another case.
    """
    import pandas as pd

    other = load_run(path, case=run.case) if path else None
    there = {row.name: row for row in other.rows} if other else {}
    columns = [
        text_column("procedure", lambda row: row.words),
        text_column("size here", lambda row: row.size),
        Column("here", time_cell),
    ]
    if other:
        columns += [
            Column("there", lambda row: time_cell(there[row.name]) if row.name in there else NO_TIME),
            Column("card there", lambda row: card_text(there[row.name]) if row.name in there else NO_TIME),
            text_column("size there", lambda row: there[row.name].size if row.name in there else NO_TIME),
        ]
    rows = run.rows if other else [row for row in run.rows if not row.is_timed] or run.rows
    machines = [("here", run), *([("there", other)] if other else [])]
    frame = [{"machine": where, **frame_row(row)} for where, one in machines for row in one.rows]
    return Table.of(
        rows,
        columns,
        title="Times on another machine compared with times on this machine"
        if other
        else "Procedures whose times on another machine could be shown here",
        frame=pd.DataFrame(frame),
        notes=[f"{where}: {machine_words_of(one)}." for where, one in machines] + [_how(run, other)],
    )


def _how(run: CaseRun, other: CaseRun | None) -> str:
    if other:
        return "The runs of the two machines were not measured in turns, so no verdict is given between them."
    return (
        f"No run of another machine was given. On a machine with an NVIDIA graphics card, run: atelier report "
        f"cases/{run.case}. Copy the report.json of that report to this machine, and show the other machine's "
        "times on this page with: -p beside FILE."
    )


def machine_words_of(run: CaseRun) -> str:
    """Processor, cores, memory, graphics cards and software of the machine of a run, and the time of the run."""
    cards = [_card_words(card) for card in run.machine.get("gpu") or []]
    versions = run.machine.get("runtimes") or {}
    parts = [
        machine_line(run.machine),
        *(cards or ["no graphics card"]),
        *(f"{name} {versions[name]}" for name in ("torch", "onnxruntime") if name in versions),
        f"{run.time[:16].replace('T', ' ')} UTC",
    ]
    return ", ".join(parts)


def _card_words(card: Any) -> str:
    if not isinstance(card, dict):
        return str(card)
    driver = card.get("driver")
    return f"{card.get('name', 'a graphics card')}{f' (driver {driver})' if driver else ''}"
