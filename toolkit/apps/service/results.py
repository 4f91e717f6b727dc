"""The routes of a job's results: choice of the format, byte ranges, and an archive of all results."""

from __future__ import annotations

import asyncio
import zipfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import FileResponse

from toolkit.apps.service.engine import Engine
from toolkit.apps.service.job_routes import JobId, TheEngine, problems, told_of
from toolkit.apps.service.problems import Problem
from toolkit.core.files import written_whole
from toolkit.images.encode import encode, holds
from toolkit.images.header import header_of
from toolkit.images.image import load
from toolkit.jobs.job import State
from toolkit.jobs.job_news import Told

MEDIA_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
ZIP = "application/zip"
_KINDS = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WebP": "image/webp",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
}
_FILES = {"content": {kind: {} for kind in (*MEDIA_TYPES.values(), ZIP)}}
_CODES = problems(400, 404, 406, 409, 410)

router = APIRouter()
Accept = Annotated[
    str | None,
    Header(description="one result: image/png, image/jpeg or image/webp; all results: application/zip"),
]


@router.get("/jobs/{job_id}/result", response_class=FileResponse, responses=_CODES | {200: _FILES})
async def result(request: Request, engine: TheEngine, job_id: JobId, accept: Accept = None) -> Response:
    """The result of a job; an archive (zip) if the job has several operations, or if the client accepts only zip."""
    told = _done(engine, job_id)
    offered = [ZIP] if len(told.asked.works) > 1 else [*_offered(told.asked.suffix), ZIP]
    kind = accepted(accept, offered)
    if kind == ZIP:
        path = await asyncio.to_thread(_archive, engine, told)
        return _file(request, path, ZIP, f"{job_id}.zip")
    return await _picture(request, engine, told, told.asked.works[0].operation, kind)


@router.get(
    "/jobs/{job_id}/result/{operation}", response_class=FileResponse, responses=_CODES | {200: _FILES}
)
async def result_of(
    request: Request, engine: TheEngine, job_id: JobId, operation: str, accept: Accept = None
) -> Response:
    """The result of one operation of a job."""
    told = _done(engine, job_id)
    names = [work.operation for work in told.asked.works]
    if operation not in names:
        raise Problem(404, f"'operation' must be one of {', '.join(names)}; got {operation[:80]!r}.")
    return await _picture(request, engine, told, operation, accepted(accept, _offered(told.asked.suffix)))


@router.get(
    "/jobs/{job_id}/picture",
    response_class=FileResponse,
    responses=problems(400, 404, 410) | {200: {"content": {kind: {} for kind in _KINDS.values()}}},
)
async def picture(request: Request, engine: TheEngine, job_id: JobId) -> Response:
    """The picture that the client sent."""
    told = told_of(engine, job_id)
    path = engine.folder.upload(told.asked)
    if not path.exists():
        raise Problem(410, f"the picture of job {job_id!r} was deleted.")
    kind = _KINDS[header_of(path).kind]
    return _file(request, path, kind, path.name, tag=told.asked.digest[:20])


def _done(engine: Engine, job_id: str) -> Told:
    """The state of a job, which must have ended without an error.

    Raises
    ------
    Problem
        404: no job has this id; 409: the job is not done; 410: the result of the job was deleted.
    """
    told = told_of(engine, job_id)
    match told.record.state:
        case State.DONE:
            return told
        case State.CANCELLED | State.EXPIRED:
            raise Problem(410, f"job {job_id!r} is {told.record.state}; it has no result.")
        case State.FAILED:
            raise Problem(409, f"job {job_id!r} has failed: {told.record.error}")
    again_s = max(1, round(told.estimate_s or 1.0))
    raise Problem(409, f"job {job_id!r} is {told.record.state}.", headers={"Retry-After": str(again_s)})


def accepted(accept: str | None, offered: list[str]) -> str:
    """The offered media type that an ``Accept`` header prefers.

    Raises
    ------
    Problem
        406: the client accepts none of the offered types.

    >>> accepted("image/webp, */*;q=0.1", ["image/png", "image/webp"]), accepted(None, ["image/png"])
    ('image/webp', 'image/png')
    """
    if not accept:
        return offered[0]
    wanted = [_quality(part) for part in accept.split(",")]

    def score(kind: str) -> float:
        # Of the media ranges that match, the most specific one decides (RFC 9110, 12.5.1).
        fits = [
            (len(r.replace("*", "")), q) for r, q in wanted if r in (kind, f"{kind.split('/')[0]}/*", "*/*")
        ]
        return max(fits)[1] if fits else 0.0

    best = max(offered, key=score)
    if score(best) <= 0:
        raise Problem(406, f"'Accept' must allow one of {', '.join(offered)}; got {accept[:80]!r}.")
    return best


def _quality(part: str) -> tuple[str, float]:
    kind, *rest = (piece.strip() for piece in part.split(";"))
    for piece in rest:
        if piece.lower().startswith("q="):
            try:
                return kind.lower(), float(piece[2:])
            except ValueError:
                return kind.lower(), 0.0
    return kind.lower(), 1.0


def _offered(suffix: str) -> list[str]:
    """The media types in which a client can get a result; the type of the stored file comes first."""
    return [MEDIA_TYPES[suffix], *(kind for other, kind in MEDIA_TYPES.items() if other != suffix)]


async def _picture(request: Request, engine: Engine, told: Told, operation: str, kind: str) -> Response:
    record, asked = told.record, told.asked
    stored = engine.folder.result(record.name, record.attempt, operation, asked.suffix)
    suffix = next(suffix for suffix, media in MEDIA_TYPES.items() if media == kind)
    path = engine.folder.result(record.name, record.attempt, operation, suffix)
    if not stored.exists():
        raise Problem(410, f"the result of job {record.name!r} was deleted.")
    if not path.exists():
        await asyncio.to_thread(_convert, stored, path, kind)
    return _file(request, path, kind, f"{Path(asked.picture_name).stem}-{operation}{suffix}")


def _convert(stored: Path, path: Path, kind: str) -> None:
    """Convert a result of a job to another file format, and write the new file."""
    from toolkit.images.decode import decode

    found = decode(stored)
    image = found.with_alpha if holds(path.suffix, 4) else load(stored)
    with written_whole(path) as part:
        part.write_bytes(encode(image, path.suffix, metadata=found.metadata))


def _archive(engine: Engine, told: Told) -> Path:
    """The path of a zip file with all results of a job; the file is written if it does not exist."""
    record, asked = told.record, told.asked
    path = engine.folder.results / f"{record.name}-{record.attempt}.zip"
    if not path.exists():
        with written_whole(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            for work in asked.works:
                stored = engine.folder.result(record.name, record.attempt, work.operation, asked.suffix)
                if not stored.exists():
                    raise Problem(410, f"the result of job {record.name!r} was deleted.")
                archive.write(stored, f"{work.operation}{asked.suffix}")
    return path


def _file(request: Request, path: Path, kind: str, name: str, *, tag: str = "") -> Response:
    """A file response with ETag and byte ranges. A result never changes, so its file name is its ETag."""
    headers = {
        "ETag": f'"{tag or path.name}"',
        "Cache-Control": "private, max-age=3600, immutable",
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
    }
    given = request.headers.get("if-none-match", "")
    if given and headers["ETag"] in given:
        return Response(status_code=304, headers=headers)
    return FileResponse(
        path, headers=headers, media_type=kind, filename=name, content_disposition_type="inline"
    )
