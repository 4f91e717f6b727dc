"""Check the token and the origin of every request to the service, and time each request for the HTTP metrics."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from time import perf_counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from toolkit.apps.service.problems import Problem, answer
from toolkit.apps.service.settings import is_loopback

COOKIE = "atelier_token"
_OPEN = ("/healthz", "/readyz")


class TokenGate:
    """Refuses requests without the token, which is in the header ``Authorization: Bearer`` or the page's cookie.

    The browser gets the cookie when a user opens the page as ``/?token=TOKEN``.
    """

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _OPEN or self._has_token(scope):
            await self._app(scope, receive, send)
            return
        if scope["path"] == "/" and self._is_right(self._asked_token(scope)):
            to_page = RedirectResponse("/", 303)
            to_page.set_cookie(COOKIE, self._token, httponly=True, samesite="strict")
            await to_page(scope, receive, send)
            return
        sentence = "this service needs its token: send 'Authorization: Bearer TOKEN', or open /?token=TOKEN."
        refused = answer(Problem(401, sentence, headers={"WWW-Authenticate": "Bearer"}))
        await refused(scope, receive, send)

    def _has_token(self, scope: Scope) -> bool:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        scheme, _, given = headers.get(b"authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._is_right(given.strip()):
            return True
        try:
            cookie = SimpleCookie(headers.get(b"cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and self._is_right(cookie.value)

    def _asked_token(self, scope: Scope) -> str:
        return parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]

    def _is_right(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())


class OwnSite:
    """Refuses requests that a page of another website sends through a user's browser.

    Parameters
    ----------
    is_local : bool
        Whether the service is for this machine alone; then only host names of this machine are accepted,
        because another site's name can be made to point to this machine (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, *, is_local: bool) -> None:
        self._app, self._is_local = app, is_local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_own(scope):
            sentence = (
                "the request must come from this service's page or no page; its Origin or Host header names "
                "another site."
            )
            await answer(Problem(403, sentence))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get(b"host", ""), headers.get(b"origin", "")
        if origin and urlsplit(origin).netloc.lower() != host.lower():
            return False
        try:
            return not self._is_local or is_loopback(urlsplit(f"//{host}").hostname or "localhost")
        except ValueError:
            return False


class Clock:
    """Measures the time of each request until its response begins.

    Parameters
    ----------
    note : callable
        A function that receives the pattern of a request's route, the response's status and its time, s.
    """

    def __init__(self, app: ASGIApp, *, note: Callable[[str, int, float], None]) -> None:
        self._app, self._note = app, note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                route: Any = scope.get("route")
                pattern = getattr(route, "path", "none")
                self._note(pattern, message["status"], perf_counter() - started)
            await send(message)

        await self._app(scope, receive, timed)
