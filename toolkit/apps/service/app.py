"""The web application (FastAPI) of a service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from toolkit import __version__
from toolkit.apps.service import about_routes, events, job_routes, page_route, results, submit_route
from toolkit.apps.service.engine import Engine
from toolkit.apps.service.gate import Clock, OwnSite, TokenGate
from toolkit.apps.service.metrics import Metrics
from toolkit.apps.service.problems import add_problem_answers
from toolkit.apps.service.settings import is_loopback

_FORM_BYTES = 200_000  # largest number of bytes of a request besides its picture


def make_app(engine: Engine) -> FastAPI:
    """Make the web application of an engine that is running."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine.watch.bind()
        yield

    app = FastAPI(
        title="Atelier",
        version=__version__,
        summary="Operations on pictures.",
        lifespan=lifespan,
        docs_url=None,  # FastAPI's page of documentation would load scripts from another host
        redoc_url=None,
        max_body_size=engine.settings.most_upload_bytes + _FORM_BYTES,
    )
    app.state.engine, app.state.metrics = engine, Metrics(engine)
    add_problem_answers(app)
    for routes in (submit_route, job_routes, events, results, about_routes, page_route):
        app.include_router(routes.router)
    settings = engine.settings
    app.add_middleware(OwnSite, is_local=is_loopback(settings.host) and not settings.token)
    if settings.token:
        app.add_middleware(TokenGate, token=settings.token)
    app.add_middleware(Clock, note=app.state.metrics.note_http)
    return app
