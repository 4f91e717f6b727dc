"""The tables of a case study: published figures, measured procedures, comparisons, and parts of a request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from statistics import median

from toolkit.core import units
from toolkit.results.tables.layout import Cell, Column, Table, text_column
from toolkit.studies.cases.case_run import CaseRun, ProcedureRow
from toolkit.studies.cases.procedure import LONG_S
from toolkit.studies.cases.published_figures import published
from toolkit.studies.cases.published_here import here_text
from toolkit.studies.cases.register import case_of
from toolkit.studies.cases.steps import NO_FINDINGS, Step, not_timed, steps

NO_TIME = "-"


def published_table(run: CaseRun) -> Table:
    """Table of the article's figures, each beside the value of the same procedure on this machine."""
    import pandas as pd

    told = published(run.case)
    here = {figure: here_text(run, figure) for figure in told.figures}
    columns = [
        text_column("what", lambda figure: figure.what),
        Column("published", lambda figure: figure.text),
        Column("here", lambda figure: here[figure]),
    ]
    frame = pd.DataFrame([{**asdict(figure), "measured_here": here[figure]} for figure in told.figures])
    sizes = "; ".join(dict.fromkeys(row.size for row in run.rows if row.size))
    asked = {name for figure in told.figures for name in figure.here.split(" ")[1:]}
    return Table.of(
        told.figures,
        columns,
        title="Published figures, and the same quantities measured on this machine",
        frame=frame,
        notes=[
            f"published: the figure that the article prints, for {told.machine}. Atelier did not measure it.",
            f"here: the value of this run on this machine, for: {sizes}. The article's machine differs, and its "
            "picture sizes may differ: do not compare the columns published and here.",
            *dict.fromkeys(
                f"{row.status}: {row.note}" for row in run.rows if row.name in asked and not row.is_timed
            ),
            *(
                f"measurement failed: {case_of(run.case).probe(name).words}: {why}"
                for name, why in run.errors.items()
            ),
        ],
    )


def procedures_table(run: CaseRun) -> Table:
    """Table with the time, cold start, memory and busy processors of each procedure; it marks wrong pictures."""
    import pandas as pd

    sizes = _sizes(run.rows)
    columns = [
        text_column("procedure", lambda row: row.words),
        text_column("from", lambda row: row.origin),
        *([text_column("size", lambda row: row.size)] if len(sizes) > 1 else []),
        Column("a request", time_cell),
        Column("from a cold start", lambda row: units.seconds(row.first_s) if row.is_timed else NO_TIME),
        Column("peak memory", lambda row: _memory(row)),
        Column("processes", lambda row: NO_TIME if row.processes is None else str(row.processes)),
        Column("processors busy", lambda row: f"{row.busy_cpus:.1f}" if row.is_timed else NO_TIME),
        *([Column("card", card_text)] if any(row.card_bytes is not None for row in run.rows) else []),
        text_column("picture", lambda row: _picture(row)),
    ]
    frame = pd.DataFrame([frame_row(row) for row in run.rows])
    why = [f"{words}: {note}" for words, note in not_timed(run)]
    why += dict.fromkeys(
        f"wrong: {row.quality.rstrip('.')}." for row in run.rows if row.is_wrong and row.quality
    )
    doubted = [row for row in run.rows if row.suspect]
    if doubted:
        why.append(
            f"? : other work disturbed {len(doubted)} of {len(run.rows)} procedures, for example: "
            f"{doubted[0].suspect[0]}."
        )
    notes = [
        *_one_size(sizes),
        "a request: mean over processes of the median time of a request, with the 95 % confidence interval in "
        f"brackets; the first request of a process counts only if it takes {LONG_S:g} s or more and is as fast as "
        "later ones. from a cold start: time from the start of the process to the end of its first request. peak "
        "memory: the largest memory of one process, or of several processes together, sampled in a separate run.",
    ]
    if run.is_smoke:
        notes.append(
            f"{NO_FINDINGS}: one short measurement on small pictures shows only that the procedures run."
        )
    return Table.of(
        run.rows,
        columns,
        title="The procedures of the case, measured on this machine",
        frame=frame,
        notes=[*why, *notes],
    )


def verdicts_table(run: CaseRun) -> Table:
    """Table of the speed-ups between procedures, each with a verdict, an interval and the article's speed-up."""
    import pandas as pd

    found = steps(run)
    sizes = _sizes([step.after for step in found])
    columns = [
        text_column("step", lambda step: step.after.words),
        text_column("against", lambda step: step.before.words),
        text_column("verdict", lambda step: step.outcome),
        Column("factor here", lambda step: step.factor_text),
        Column("article", lambda step: step.published_text or "not given"),
        *([text_column("size", lambda step: step.after.size)] if len(sizes) > 1 else []),
    ]
    return Table.of(
        found,
        columns,
        title="How much faster each procedure is than an earlier procedure",
        frame=pd.DataFrame([_step_row(step) for step in found]),
        notes=[
            *_one_size(sizes),
            "factor here: how many times as fast the step is as the procedure in the column against, with the 95 % "
            "confidence interval over rounds; below 1 is slower. The verdict is a paired t test over rounds in which "
            "the procedures took turns; the share of wrong verdicts in the table is limited to 5 %.",
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
        Column("share of a request", lambda one: units.percent(one[2] / median(one[0].blocks[-1].samples_s))),
    ]
    return Table.of(
        rows,
        columns,
        title="Share of each part in the time of a request",
        frame=pd.DataFrame([{"procedure": r.name, "part": part, "seconds": s} for r, part, s in rows]),
        groups=starts,
        notes=[
            "Each time is the median over the requests of the last measured process. Parts that run at the same time "
            "add up to more than the whole request."
        ],
    )


def _sizes(rows: Iterable[ProcedureRow]) -> list[str]:
    return list(dict.fromkeys(row.size for row in rows))


def _one_size(sizes: Sequence[str]) -> list[str]:
    """A note with the size of the pictures, if all rows of a table have pictures of the same size."""
    return [f"Every row is for {sizes[0]}."] if len(sizes) == 1 and sizes[0] else []


def time_cell(row: ProcedureRow) -> Cell | str:
    """Time per request with the confidence interval; struck through if the picture is wrong; the status if untimed."""
    if not row.is_timed:
        return row.status
    e = row.time
    text = units.seconds(e.value)
    if e.low is not None and e.high is not None:
        text += f" [{units.seconds(e.low)}, {units.seconds(e.high)}]"
    return Cell(f"{text}{' ?' if row.suspect else ''}", is_struck=row.is_wrong)


def _memory(row: ProcedureRow) -> str:
    if not row.is_timed:
        return NO_TIME
    if row.peak_bytes is None:
        return "not sampled"
    return units.byte_count(row.peak_bytes)


def card_text(row: ProcedureRow) -> str:
    """Memory and use of the graphics card in words, or ``-`` if the procedure uses no graphics card."""
    if not row.is_timed or row.card_bytes is None:
        return NO_TIME
    busy = "" if row.card_busy_percent is None else f", {row.card_busy_percent} % busy"
    return f"{units.byte_count(row.card_bytes)}{busy}"


def _picture(row: ProcedureRow) -> str:
    if not row.is_timed:
        return NO_TIME
    said = ["wrong"] if row.is_wrong else [row.quality] if row.quality else []
    if row.worst_psnr_db is not None:
        said.append(f"worst PSNR {units.decibels(row.worst_psnr_db)}")
    return "; ".join(said) or "not compared"


def frame_row(row: ProcedureRow) -> dict[str, object]:
    """The measured numbers of one procedure, as one row of the CSV file of a table."""
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
        "card_bytes": row.card_bytes,
        "card_busy_percent": row.card_busy_percent,
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
