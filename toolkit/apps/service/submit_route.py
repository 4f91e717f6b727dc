"""The HTTP route that accepts a job: a request is refused from its headers if possible; else the picture is queued."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Header, Request, Response, UploadFile
from fastapi.routing import APIRoute

from toolkit.apps.service.answers import JobBody, job_body
from toolkit.apps.service.engine import Engine
from toolkit.apps.service.job_routes import TheEngine, engine_of, problems
from toolkit.apps.service.problems import Problem
from toolkit.apps.service.uploads import Upload, free_bytes, taken_in
from toolkit.jobs.asked import Asked
from toolkit.jobs.job_news import Told
from toolkit.jobs.waiting_line import Refused

_PARAMS_BYTES = 64_000


class _RefusesEarly(APIRoute):
    """A route that asks for a place in the queue before the body of the request is read, parsed and written.

    uvicorn drops the body that still arrives, so the connection can be used again.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The function that answers the requests of this route."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                _require_place(request)
                return await handle(request)
            except Refused as refused:
                request.app.state.metrics.note_submission(str(refused.why))
                raise

        return handled


router = APIRouter(route_class=_RefusesEarly)


@dataclass(frozen=True, kw_only=True)
class _Form:
    """The form fields of a request for a job, except the picture."""

    operations: list[str]
    params: str
    backend: str
    format: str
    key: str
    ticket: str


@router.post(
    "/jobs",
    status_code=202,
    response_model=JobBody,
    responses=problems(400, 404, 413, 415, 422, 429, 503, 507),
    form_limits={"max_files": 2, "max_fields": 40, "max_part_size": _PARAMS_BYTES},
)
async def submit(
    request: Request,
    engine: TheEngine,
    image: Annotated[UploadFile, File(description="a JPEG, PNG, WebP, TIFF or BMP picture")],
    operation: Annotated[
        list[str], Form(description="up to 8 names of operations, as /operations lists them")
    ],
    params: Annotated[
        str, Form(description="a JSON object of parameters, or one such object for each operation")
    ] = "{}",
    backend: Annotated[str, Form(description="name of a backend; empty: the best installed backend")] = "",
    format: Annotated[str, Form(description="format of the result: png, jpg or webp")] = "png",
    idempotency_key: Annotated[
        str | None,
        Header(
            description="a key that the client chooses: requests with the same key are one job",
            max_length=255,
        ),
    ] = None,
) -> Response:
    """Submit a picture and the operations to run on it.

    A full queue answers 429 before it reads the picture, even if the result of the picture is known; only a request
    whose `Idempotency-Key` belongs to a job is answered with that job.
    """
    engine.catalogue.asked(operation)
    form = _Form(
        operations=operation,
        params=params,
        backend=backend,
        format=format,
        key=idempotency_key or "",
        ticket=_ticket(request),
    )
    told = await asyncio.to_thread(_taken, engine, image, form)
    request.app.state.metrics.note_submission("cached" if told.record.is_cached else "accepted")
    body = job_body(told)
    headers = {"Location": f"/jobs/{body.id}"}
    return Response(body.model_dump_json(), 202, headers, media_type="application/json")


def _require_place(request: Request) -> None:
    """Raise an error if the service accepts no job now; the body of the request is not read."""
    engine = engine_of(request)
    engine.queue.require_place(_ticket(request), key=request.headers.get("idempotency-key", ""))
    if free_bytes(engine.folder) < 2 * engine.settings.most_upload_bytes:
        raise Problem(507, "the disk of the service is too full for a picture and its result.")


def _ticket(request: Request) -> str:
    """Text that identifies a repeated request: the client's address, and the idempotency key or the body's length."""
    headers = request.headers
    key = headers.get("idempotency-key", "")
    client = "" if request.client is None else request.client.host
    own = engine_of(request).queue.name_for(key) if key else headers.get("content-length", "")
    return f"{client} {own}"


def _taken(engine: Engine, image: UploadFile, form: _Form) -> Told:
    """Write the picture into the data folder and queue the job; the picture of a refused job is removed."""
    upload = taken_in(image.file, image.filename or "", engine.folder, engine.settings)
    is_kept = False
    try:
        asked = _asked(engine, upload, form)
        told = engine.queue.submit(engine.queue.name_for(form.key), asked, ticket=form.ticket)
        is_kept = told.asked.picture == asked.picture
        return told
    finally:
        if not is_kept:
            upload.path.unlink(missing_ok=True)


def _asked(engine: Engine, upload: Upload, form: _Form) -> Asked:
    """The job that a request asks for, after all checks."""
    catalogue, n_px = engine.catalogue, upload.width * upload.height
    works = catalogue.works(
        form.operations, form.params, form.backend, width=upload.width, height=upload.height
    )
    asked = Asked(
        works=works,
        suffix=catalogue.suffix(form.format, works),
        picture=upload.path.name,
        picture_name=upload.name,
        width=upload.width,
        height=upload.height,
        digest=upload.digest,
    )
    catalogue.require_cheap(works, engine.queue.costs, n_px=n_px)
    return asked
