"""The JSON bodies of the service's responses."""

from __future__ import annotations

import time
from typing import Any

from pydantic import BaseModel

from toolkit.jobs.job import Record, State
from toolkit.jobs.job_news import Told


class ProblemBody(BaseModel):
    """The reason why an HTTP request failed (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class JobError(BaseModel):
    """Why a job failed."""

    cause: str
    detail: str


class JobBody(BaseModel):
    """The state of a job: `position` is its place among waiting jobs, from 1; `estimate_s` the time to its end.

    `wait_s` is the time that the job has waited so far, and `run_s` the time that its last attempt has run so far.
    `progress` is the larger of two shares: the share of ended operations, and the time that the job has run
    over its estimated time; for a job that takes longer than estimated the share stays below 1. `estimate_s` is null
    if an operation has never run before, because then there is no estimate.
    """

    id: str
    state: State
    operations: list[str]
    format: str
    width: int
    height: int
    position: int | None
    estimate_s: float | None
    wait_s: float
    run_s: float | None
    progress: float
    stage: str
    attempts: int
    cached: bool
    error: JobError | None
    links: dict[str, str]


class QueueBody(BaseModel):
    """The numbers of jobs and workers; `estimated_s` is the estimated time until a new job would begin, s."""

    waiting: int
    running: int
    limit: int
    workers: int
    oldest_s: float
    estimated_s: float
    job_s: float
    is_draining: bool


class OperationsBody(BaseModel):
    """The operations that the service offers."""

    operations: list[dict[str, Any]]
    formats: list[str]
    most_operations: int
    most_upload_bytes: int
    most_px: int


def job_body(told: Told) -> JobBody:
    """The JSON body that describes a job."""
    record, asked = told.record, told.asked
    at = f"/jobs/{record.name}"
    links = {"self": at, "events": f"{at}/events"}
    if record.state not in (State.EXPIRED, State.CANCELLED):
        links["picture"] = f"{at}/picture"
    if record.state is State.DONE:
        links["result"] = f"{at}/result"
        links |= {f"result:{work.operation}": f"{at}/result/{work.operation}" for work in asked.works}
    is_failed = record.state is State.FAILED
    return JobBody(
        id=record.name,
        state=record.state,
        operations=[work.operation for work in asked.works],
        format=asked.suffix.removeprefix("."),
        width=asked.width,
        height=asked.height,
        position=told.position,
        estimate_s=None if told.estimate_s is None else round(told.estimate_s, 3),
        wait_s=_wait_s(record),
        run_s=_run_s(record),
        progress=round(told.progress, 2),
        stage="stopping" if told.is_stopping else told.stage,
        attempts=record.attempt,
        cached=record.is_cached,
        error=JobError(cause=record.cause, detail=record.error) if is_failed else None,
        links=links,
    )


def _has_begun(record: Record) -> bool:
    return record.started_s is not None and record.state is not State.QUEUED


def _wait_s(record: Record) -> float:
    """Seconds from the request for a job to its last attempt; without an attempt, to the job's end or to now."""
    until_s = record.started_s if _has_begun(record) else record.finished_s
    return _seconds(record.queued_s, until_s)


def _run_s(record: Record) -> float | None:
    """Seconds from the begin of a job's last attempt to its end or to now; None for a job that has not begun."""
    return _seconds(record.started_s, record.finished_s) if _has_begun(record) else None


def _seconds(from_s: float | None, until_s: float | None) -> float:
    """Seconds between two moments, the second of which may be now; a clock that was set back gives 0."""
    end_s = time.time() if until_s is None else until_s
    return round(max(0.0, end_s - (end_s if from_s is None else from_s)), 3)
