"""The tables of a case: published figures, measured procedures, verdicts on the steps, and the parts of a request."""

from __future__ import annotations

from dataclasses import asdict

from toolkit.core import units
from toolkit.results.first_screen.origin import machine_line
from toolkit.results.tables.layout import Cell, Column, Table, text_column
from toolkit.studies.cases.case_run import CaseRun, ProcedureRow, load_run
from toolkit.studies.cases.published_figures import here_text, published
from toolkit.studies.cases.steps import NO_FINDINGS, Step, not_timed, steps

_NO_TIME = "-"


def published_table(run: CaseRun) -> Table:
    """Table of the article's figures, each beside the value of the same procedure on this machine."""
    import pandas as pd

    told = published(run.case)
    here = {figure: here_text(run, figure.here) for figure in told.figures}
    columns = [
        text_column("what", lambda figure: figure.what),
        Column("published", lambda figure: figure.text),
        Column("here", lambda figure: here[figure]),
    ]
    frame = pd.DataFrame([{**asdict(figure), "measured_here": here[figure]} for figure in told.figures])
    sizes = "; ".join(dict.fromkeys(row.size for row in run.rows if row.size))
    return Table.of(
        told.figures,
        columns,
        title="Published figures, and the same quantities on this machine",
        frame=frame,
        notes=[
            f"published: as printed in the article, taken on {told.machine}. Not measured by Atelier.",
            f"here: this run on this machine, with pictures of {sizes}. The machines and the sizes differ, so do not "
            "compare the two columns.",
        ],
    )


def procedures_table(run: CaseRun) -> Table:
    """Table of procedures: time, cold start, memory, busy processors, and whether the picture is right."""
    import pandas as pd

    columns = [
        text_column("procedure", lambda row: row.words),
        text_column("from", lambda row: row.origin),
        text_column("size", lambda row: row.size),
        Column("a request", _time_cell),
        Column("from a cold start", lambda row: units.seconds(row.first_s) if row.is_timed else _NO_TIME),
        Column("peak memory", lambda row: _memory(row)),
        Column("processes", lambda row: _NO_TIME if row.processes is None else str(row.processes)),
        Column("processors busy", lambda row: f"{row.busy_cpus:.1f}" if row.is_timed else _NO_TIME),
        text_column("picture", lambda row: _picture(row)),
    ]
    frame = pd.DataFrame([_frame_row(row) for row in run.rows])
    why = [f"{words}: {note}" for words, note in not_timed(run)]
    doubted = [row for row in run.rows if row.suspect]
    if doubted:
        why.append(
            f"? : other work disturbed {len(doubted)} of {len(run.rows)} rows, for example: {doubted[0].suspect[0]}."
        )
    notes = [
        "a request: mean over processes of the median time of a request, with the 95 % interval in brackets. from a "
        "cold start: from the start of the process to the end of its first request. peak memory: of all processes "
        "of the procedure, in a separate run."
    ]
    if run.is_smoke:
        notes.append(f"{NO_FINDINGS}: one block on small pictures shows only that the procedures run.")
    return Table.of(
        run.rows, columns, title="The same procedures on this machine", frame=frame, notes=[*why, *notes]
    )


def verdicts_table(run: CaseRun) -> Table:
    """Table of steps: the verdict, the factor with its interval, and the article's factor."""
    import pandas as pd

    found = steps(run)
    columns = [
        text_column("step", lambda step: step.after.words),
        text_column("against", lambda step: step.before.words),
        text_column("verdict", lambda step: step.outcome),
        Column("factor here", lambda step: step.factor_text),
        Column("article", lambda step: step.published_text or "not given"),
        text_column("size", lambda step: step.after.size),
    ]
    return Table.of(
        found,
        columns,
        title="What each step changes",
        frame=pd.DataFrame([_step_row(step) for step in found]),
        notes=[
            "factor: how many times as fast, with the 95 % interval over rounds; below 1 is slower. The verdict is a "
            "paired t test over rounds in which the procedures took turns; the share of wrong verdicts in the table is "
            "limited to 5 %."
        ],
    )


def stages_of_table(run: CaseRun) -> Table:
    """Table of the time that each part of a request takes, for each procedure."""
    import pandas as pd

    rows = [
        (row, stage, seconds) for row in run.rows if row.is_timed for stage, seconds in row.stages_s.items()
    ]
    starts = [number for number, one in enumerate(rows) if number == 0 or one[0] is not rows[number - 1][0]]
    columns = [
        text_column("procedure", lambda one: one[0].words),
        text_column("part", lambda one: one[1].replace("_", " ")),
        Column("time", lambda one: units.seconds(one[2])),
        Column("share of a request", lambda one: units.percent(one[2] / one[0].time.value)),
    ]
    return Table.of(
        rows,
        columns,
        title="Where the time goes",
        frame=pd.DataFrame([{"procedure": r.name, "part": part, "seconds": s} for r, part, s in rows]),
        groups=starts,
        notes=[
            "Medians of the last block. The times of parts that run at the same time add up to more than the request."
        ],
    )


def _time_cell(row: ProcedureRow) -> Cell | str:
    if not row.is_timed:
        return row.status
    e = row.time
    text = units.seconds(e.value)
    if e.low is not None and e.high is not None:
        text += f" [{units.seconds(e.low)}, {units.seconds(e.high)}]"
    return Cell(f"{text}{' ?' if row.suspect else ''}", is_struck=row.is_wrong)


def _memory(row: ProcedureRow) -> str:
    if not row.is_timed:
        return _NO_TIME
    if row.peak_bytes is None:
        return "not sampled"
    card = "" if row.card_bytes is None else f", card {units.byte_count(row.card_bytes)}"
    return f"{units.byte_count(row.peak_bytes)}{card}"


def _picture(row: ProcedureRow) -> str:
    if not row.is_timed:
        return _NO_TIME
    said = [row.quality] if row.quality else []
    if row.worst_psnr_db is not None:
        said.append(f"worst PSNR {units.decibels(row.worst_psnr_db)}")
    return "; ".join(said) or "not compared"


def _frame_row(row: ProcedureRow) -> dict[str, object]:
    e = row.time
    return {
        "procedure": row.name,
        "from": row.origin,
        "size": row.size,
        "status": row.status,
        "note": row.note,
        "request_s": e.value,
        "low_s": e.low,
        "high_s": e.high,
        "blocks": len(row.blocks),
        "peak_bytes": row.peak_bytes,
        "worst_psnr_db": row.worst_psnr_db,
        "is_wrong": row.is_wrong,
    }


def _step_row(step: Step) -> dict[str, object]:
    f = step.factor
    return {
        "step": step.after.name,
        "against": step.before.name,
        "verdict": step.outcome,
        "factor": f.value,
        "low": f.low,
        "high": f.high,
        "published_low": step.published[0] if step.published else None,
        "published_high": step.published[1] if step.published else None,
    }


def beside_table(run: CaseRun, path: str) -> Table:
    """Table of this run's rows beside those of a run on another machine; without a path, only this run's rows.

    Parameters
    ----------
    path : str
        A file of a run of the same case, from ``data/results/cases/``; empty for none.
    """
    import pandas as pd

    runs = [("this machine", run)] + ([("the other machine", load_run(path))] if path else [])
    rows = [(where, row) for where, one in runs for row in one.rows]
    columns = [
        text_column("machine", lambda one: one[0]),
        text_column("procedure", lambda one: one[1].words),
        text_column("size", lambda one: one[1].size),
        Column("a request", lambda one: _time_cell(one[1])),
        Column("peak memory", lambda one: _memory(one[1])),
    ]
    notes = [f"{where}: {machine_words_of(one)}." for where, one in runs]
    if not path:
        notes.append(
            f"No run of another machine was given. On a machine with a graphics card, run: atelier report "
            f"cases/{run.case}. It "
            f"writes a file into data/results/cases/{run.case}; show it on this page with: -p beside FILE."
        )
    else:
        notes.append("The two runs were not measured in turns, so no verdict is given between them.")
    frame = pd.DataFrame([{"machine": where, **_frame_row(row)} for where, row in rows])
    return Table.of(
        rows,
        columns,
        title="Another machine beside this one",
        frame=frame,
        groups=[len(run.rows)],
        notes=notes,
    )


def machine_words_of(run: CaseRun) -> str:
    """Processor, cores, memory and graphics cards of a run's machine, and the time of the run."""
    cards = [
        str(card.get("name", card)) if isinstance(card, dict) else str(card)
        for card in run.machine.get("gpu", [])
    ]
    parts = [
        machine_line(run.machine),
        *(cards or ["no graphics card"]),
        f"{run.time[:16].replace('T', ' ')} UTC",
    ]
    return ", ".join(parts)
