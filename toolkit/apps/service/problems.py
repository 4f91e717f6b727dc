"""Convert errors to HTTP responses of type ``application/problem+json`` (RFC 9457), each with one sentence."""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from toolkit.core.errors import AtelierError, InvalidValue, Unavailable, UnknownName, Unsupported
from toolkit.core.folders import NO_SPACE
from toolkit.jobs.waiting_line import Refused, Why

MEDIA_TYPE = "application/problem+json"

_STATUS_OF = {Why.FULL: 429, Why.DRAINING: 503, Why.NO_WORKER: 503, Why.KEY_REUSED: 422}

_log = logging.getLogger(__name__)


class Problem(Exception):
    """An error response, which a route raises as an exception."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})


def problem_of(error: AtelierError) -> Problem:
    """The error response for an exception of Atelier."""
    said = str(error)
    match error:
        case Refused():
            again = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
            return Problem(_STATUS_OF[error.why], said, headers=again)
        case UnknownName() | InvalidValue() | Unsupported():
            is_full = "disk is full" in said or "No space" in said
            return Problem(507 if is_full else 422, said)
        case Unavailable():
            return Problem(503, said)
    return Problem(500, said)


def answer(problem: Problem) -> JSONResponse:
    """Convert a `Problem` to an HTTP response."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    return JSONResponse(body, problem.status, problem.headers, media_type=MEDIA_TYPE)


def add_problem_answers(app: FastAPI) -> None:
    """Make an application turn every exception into an error response."""

    @app.exception_handler(Problem)
    async def _own(request: Request, error: Problem) -> JSONResponse:
        return answer(error)

    @app.exception_handler(AtelierError)
    async def _ours(request: Request, error: AtelierError) -> JSONResponse:
        return answer(problem_of(error))

    @app.exception_handler(RequestValidationError)
    async def _malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        return answer(Problem(400, _malformed_text(error)))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        detail = _http_text(request, error)
        return answer(Problem(error.status_code, _sentence(detail), headers=error.headers))

    @app.exception_handler(OSError)
    async def _disk(request: Request, error: OSError) -> JSONResponse:
        if error.errno in (*NO_SPACE, errno.EROFS):
            return answer(Problem(507, f"the data folder cannot be written: {error.strerror}."))
        _log.exception("a response failed", exc_info=error)
        return answer(Problem(500, "the service failed at this request; see the log of the service."))


_LARGE = "the request must be shorter: its picture is larger than this service accepts."


def _http_text(request: Request, error: HTTPException) -> str:
    path = request.url.path[:80]
    match error.status_code:
        case 413:
            return _LARGE
        case 404:
            return f"this service has no address {path!r}; /openapi.json lists its addresses."
        case 405:
            allowed = (error.headers or {}).get("Allow", "another method")
            return f"{path!r} must be called with {allowed}; got {request.method}."
    return f"{error.detail}"


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _malformed_text(error: RequestValidationError) -> str:
    """One sentence on the first part of a request that is missing or wrong."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "path", "query", "header"))
    name = f"{where!r} of the request" if where else "the request"
    if first["type"] == "missing":
        return f"{name} must be given, as a field of a form (multipart/form-data); it is missing."
    if "UploadFile" in first["msg"]:
        return f"{name} must be a file, such as curl -F image=@photo.jpg sends it; got a text."
    return f"{name} is not valid: {first['msg'][:200].rstrip('.')}."
