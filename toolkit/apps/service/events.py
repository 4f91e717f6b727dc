"""The progress of a job as server-sent events."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from toolkit.apps.service.answers import JobBody, job_body
from toolkit.apps.service.engine import Engine
from toolkit.apps.service.job_routes import JobId, TheEngine, problems, told_of
from toolkit.jobs.job import State

PING_S = 15.0
"""Time without an event after which a comment is sent, s, because proxies close silent connections."""

_RUNNING_LOOK_S, _WAITING_LOOK_S = 0.25, 1.0
_AGAIN_MS = 2000  # time after which a client that lost its connection connects again, ms

router = APIRouter()


@router.get(
    "/jobs/{job_id}/events",
    response_class=StreamingResponse,
    responses=problems(400, 404) | {200: {"content": {"text/event-stream": {}}}},
)
async def events(
    engine: TheEngine, job_id: JobId, last_event_id: Annotated[str | None, Header()] = None
) -> StreamingResponse:
    """Send the events `status`, `progress` and, at last, `end`; each has the body of the response to GET of the job.

    The id of an event is a hash of its content, so that a client which connects again gets only new events.
    """
    told_of(engine, job_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Content-Encoding": "identity"}
    stream = _stream(engine, job_id, last_event_id or "")
    return StreamingResponse(stream, headers=headers, media_type="text/event-stream")


async def _stream(engine: Engine, job_id: str, known: str) -> AsyncIterator[bytes]:
    yield format_sse_event(retry=_AGAIN_MS)
    state, sent_s = None, monotonic()
    while True:
        told = told_of(engine, job_id)
        body, is_ended = job_body(told), told.record.is_ended
        number = _id(body)
        if number != known or is_ended:
            kind = "end" if is_ended else "progress" if body.state is state is State.RUNNING else "status"
            yield format_sse_event(event=kind, id=number, data_str=body.model_dump_json())
            known, state, sent_s = number, body.state, monotonic()
        if is_ended or engine.watch.is_over:
            return
        if monotonic() > sent_s + PING_S:
            yield format_sse_event(comment="ping")
            sent_s = monotonic()
        look_s = _RUNNING_LOOK_S if body.state is State.RUNNING else _WAITING_LOOK_S
        await engine.watch.changed(job_id, longest_s=look_s)


def _id(body: JobBody) -> str:
    said = f"{body.state} {body.position} {body.progress} {body.stage} {body.attempts}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]
