"""The HTTP routes of a job: get the state of the job, and cancel the job."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.responses import JSONResponse

from toolkit.apps.service.answers import JobBody, ProblemBody, job_body
from toolkit.apps.service.engine import Engine
from toolkit.apps.service.problems import MEDIA_TYPE, Problem
from toolkit.core.errors import AtelierError
from toolkit.jobs.job import State
from toolkit.jobs.job_news import Told

MOST_WAIT_S = 30.0

router = APIRouter()


def engine_of(request: Request) -> Engine:
    """The engine of the application that received the request."""
    found: Engine = request.app.state.engine
    return found


async def _engine(request: Request) -> Engine:  # FastAPI would call a plain function in another thread
    return engine_of(request)


TheEngine = Annotated[Engine, Depends(_engine)]
JobId = Annotated[str, Path(description="the id of a job, as in the response to POST /jobs", max_length=64)]


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of a route, for the OpenAPI schema."""
    return {code: {"model": ProblemBody, "content": {MEDIA_TYPE: {}}} for code in (*codes, 401)}


@router.get("/jobs/{job_id}", response_model=JobBody, responses=problems(400, 404, 410) | {304: {}})
async def look(
    engine: TheEngine,
    job_id: JobId,
    prefer: Annotated[
        str | None, Header(description="wait=20: the service answers when the job has ended, or after 20 s")
    ] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The state of a job."""
    told = await ended(engine, job_id, longest_s=_wait_s(prefer))
    if told.record.state is State.EXPIRED:
        raise Problem(410, f"job {job_id!r} has expired: its picture and results were deleted.")
    body = job_body(told).model_dump_json()
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:20]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if if_none_match and tag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


@router.delete(
    "/jobs/{job_id}",
    response_model=JobBody,
    responses=problems(400, 404, 410)
    | {202: {"model": JobBody, "description": "The running job is being stopped."}},
)
async def cancel(engine: TheEngine, job_id: JobId) -> Response:
    """Cancel a job. The picture and the results of a job that has ended are deleted."""
    found = await asyncio.to_thread(engine.queue.cancel, job_id)
    if found is None:
        raise unknown_job(job_id)
    had, running = found
    if running is not None:
        await asyncio.to_thread(engine.dispatcher.stop, running)
    if had in (State.DONE, State.FAILED):
        await asyncio.to_thread(_remove, engine, job_id)
    told = told_of(engine, job_id)
    status = 202 if had is State.RUNNING else 200
    return JSONResponse(job_body(told).model_dump(mode="json"), status)


def _remove(engine: Engine, name: str) -> None:
    told = engine.queue.told(name)
    if told is not None:
        engine.queue.ledger.expire_ended(told.record.id)
        engine.folder.remove(name, told.asked)


def told_of(engine: Engine, job_id: str) -> Told:
    """The state of a job in the queue or the ledger.

    Raises
    ------
    Problem
        404: no job has this id.
    """
    try:
        told = engine.queue.told(job_id)
    except (AtelierError, UnicodeError, ValueError):  # the id has characters that SQLite cannot store
        told = None
    if told is None:
        raise unknown_job(job_id)
    return told


def unknown_job(job_id: str) -> Problem:
    """The error response for a job that does not exist."""
    return Problem(
        404, f"no job has the id {job_id[:80]!r}; a job is forgotten some time after it has ended."
    )


async def ended(engine: Engine, job_id: str, *, longest_s: float) -> Told:
    """The state of a job at its end, or after `longest_s` seconds."""
    end_s = time.monotonic() + longest_s
    told = told_of(engine, job_id)
    while not told.record.is_ended and (left_s := end_s - time.monotonic()) > 0 and not engine.watch.is_over:
        await engine.watch.changed(job_id, longest_s=min(left_s, 1.0), waits_for_end=True)
        told = told_of(engine, job_id)
    return told


def _wait_s(prefer: str | None) -> float:
    """The seconds in ``Prefer: wait=20`` (RFC 7240), at most `MOST_WAIT_S`; other preferences are ignored."""
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})", prefer or "", re.IGNORECASE)
    return min(float(found[1]), MOST_WAIT_S) if found else 0.0
