"""The routes that describe the service: its operations, its queue, its metrics and its health."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from toolkit.apps.service.answers import OperationsBody, QueueBody
from toolkit.apps.service.catalogue import MOST_OPERATIONS, SUFFIX_OF
from toolkit.apps.service.job_routes import TheEngine, problems
from toolkit.apps.service.problems import Problem

router = APIRouter()


@router.get("/operations", response_model=OperationsBody, responses=problems())
async def operations(engine: TheEngine) -> Response:
    """The operations with their parameters, and their measured time on this machine."""
    settings = engine.settings
    body = OperationsBody(
        operations=engine.catalogue.describe(engine.queue.costs),
        formats=list(SUFFIX_OF),
        most_operations=MOST_OPERATIONS,
        most_upload_bytes=settings.most_upload_bytes,
        most_px=settings.most_px,
    )
    return JSONResponse(body.model_dump(mode="json"))


@router.get("/queue", response_model=QueueBody, responses=problems())
async def queue(engine: TheEngine) -> QueueBody:
    """The numbers of waiting jobs, of running jobs and of workers."""
    load = engine.queue.load()
    return QueueBody(
        waiting=int(load["waiting"]),
        running=int(load["running"]),
        limit=engine.settings.most_waiting,
        workers=engine.queue.workers,
        oldest_s=round(load["oldest_s"], 3),
        estimated_s=round(load["estimated_s"], 3),
        job_s=round(engine.queue.costs.job_s(), 6),
        is_draining=engine.queue.is_draining,
    )


@router.get("/metrics", responses={200: {"content": {"text/plain": {}}}}, response_class=Response)
async def metrics(request: Request) -> Response:
    """The metrics of the service in the text format of Prometheus."""
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE_LATEST)


@router.get("/healthz", response_model=dict[str, str])
async def healthz() -> dict[str, str]:
    """Answer 200 as long as the process of the service answers requests at all."""
    return {"status": "alive"}


@router.get("/readyz", response_model=dict[str, str], responses=problems(503))
async def readyz(engine: TheEngine) -> dict[str, str]:
    """Answer 200 if a warm worker is ready for jobs, else 503."""
    if not engine.is_ready:
        why = "the service is shutting down" if engine.queue.is_draining else "no worker is ready"
        raise Problem(503, f"{why}.", headers={"Retry-After": "5"})
    return {"status": "ready"}
