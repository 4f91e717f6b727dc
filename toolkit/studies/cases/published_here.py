"""The value that a run measured for a quantity that a published article also gives, as text."""

from __future__ import annotations

from toolkit.core import units
from toolkit.studies.cases.case_run import CaseRun, ProcedureRow
from toolkit.studies.cases.published_figures import PublishedFigure
from toolkit.studies.cases.steps import NO_FINDINGS, compared, factor_or_none


def here_text(run: CaseRun, figure: PublishedFigure) -> str:
    """A run's value for a published figure, with its unit; if the run has no such value, the reason."""
    if not figure.here:
        return "not measured by Atelier"
    kind, name, *rest = figure.here.split(" ", 2)
    if kind == "fact":
        return _fact(run, name, rest[0])
    if kind in ("shorter", "faster"):
        return _step(run, name, rest[0], is_shorter=kind == "shorter")
    row = next((row for row in run.rows if row.name == name), None)
    if row is None:
        return "not measured"
    if not row.is_timed:
        return row.status
    if kind == "stage":
        return units.seconds(row.stages_s.get(rest[0]))
    return _of_row(run, row, kind)


def _of_row(run: CaseRun, row: ProcedureRow, kind: str) -> str:
    if kind == "memory":
        return "not sampled" if row.peak_bytes is None else units.byte_count(row.peak_bytes)
    if kind == "card":
        return "not sampled" if row.card_bytes is None else units.byte_count(row.card_bytes)
    if kind == "use":
        return "not sampled" if row.card_busy_percent is None else f"{row.card_busy_percent} %"
    if kind == "cpu":
        allowed = run.machine["cpu"]["allowed"]
        return f"{units.percent(row.busy_cpus / allowed)} of {units.counted(allowed, 'processor')}"
    if kind == "rate":
        return f"{units.number(row.batch / row.time.value)} pictures/s"
    if kind == "psnr":
        return f"{units.decibels(row.worst_psnr_db)} against the photo"
    return units.seconds(row.time.value)


def _fact(run: CaseRun, probe: str, name: str) -> str:
    value = run.fact(probe, name)
    if value is None:
        return "measurement failed" if probe in run.errors else "not measured"
    return units.number(value) if isinstance(value, float) else str(value)


def _step(run: CaseRun, before: str, after: str, *, is_shorter: bool) -> str:
    step = compared(run, before, after)
    if step is None:
        return next(
            (row.status for row in run.rows if row.name == after and not row.is_timed), "not measured"
        )
    if step.is_smoke:
        return NO_FINDINGS
    factor = factor_or_none(step)
    if factor is None or factor.low is None or factor.high is None:
        return f"no difference in speed found ({step.factor_text})"
    value, low, high = (
        1 - 1 / one if is_shorter else one - 1 for one in (factor.value, factor.low, factor.high)
    )
    return f"{units.percent(value)} ({units.percent(low)} to {units.percent(high)})"
