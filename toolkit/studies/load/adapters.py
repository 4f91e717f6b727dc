"""The clients of a load test: for services of ``atelier serve``, and for any service that returns a picture."""

from __future__ import annotations

import asyncio
import io
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp

from toolkit.contracts.load_test import Ended
from toolkit.core.errors import Unavailable, invalid, unknown
from toolkit.core.params import Value
from toolkit.studies.load.pictures import Picture

_WAIT_S = 20  # longest time for which the service may hold a request for a job's state
_PAUSE_S = 0.02  # pause between two requests for a job's state, if the service answers at once


def checked_url(url: str) -> str:
    """The address of a service with a scheme; an address without a scheme gets ``http://``.

    Raises
    ------
    InvalidValue
        `url` is not an HTTP address, or contains a user name or password.

    Examples
    --------
    >>> checked_url("127.0.0.1:8000")
    'http://127.0.0.1:8000'
    """
    whole = url if "://" in url else f"http://{url}"
    parts = urlsplit(whole)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise invalid(
            "url", "a load test", "an address such as http://127.0.0.1:8000, without a password", url
        )
    return whole


@dataclass(frozen=True)
class Answer:
    """The end of one request (`Ended` or an error), seconds that the service reports, and whether a cache answered."""

    ended: str
    run_s: float | None = None
    is_cached: bool = False


class Service(ABC):
    """A web service to which a load test sends pictures."""

    name: str

    @abstractmethod
    async def prepare(self, session: aiohttp.ClientSession) -> None:
        """Ask the service for its operations, before the first picture is sent.

        Raises
        ------
        Unavailable, UnknownName
            The address is not that of a suitable service, or the service does not offer the operation.
        """

    @abstractmethod
    async def send(self, session: aiohttp.ClientSession, picture: Picture, number: int) -> Answer:
        """Send a picture and wait for the whole result."""


class PlainService(Service):
    """Any service that answers ``POST`` of a form that holds a picture with the result picture.

    Parameters
    ----------
    url : str
        Address to which the form is sent.
    field : str
        Name of the form's field that holds the picture.
    token : str
        Text that is sent as a bearer token; ``""``: no token is sent.
    """

    def __init__(self, url: str, *, field: str, token: str = "") -> None:
        self._url, self._field, self._headers = url, field, _headers(token)
        self.name = f"POST a picture as {field}"

    async def prepare(self, session: aiohttp.ClientSession) -> None:
        """Do nothing, because a service of this kind has no list of operations."""

    async def send(self, session: aiohttp.ClientSession, picture: Picture, number: int) -> Answer:
        """Send a picture; the service's response is the result."""
        form = _form({}, self._field, picture, number)
        async with session.post(self._url, data=form, headers=self._headers) as response:
            await response.read()
            if response.status == 429:
                return Answer(Ended.REFUSED)
            if response.status >= 300:
                return Answer(f"HTTP {response.status}")
            return Answer(Ended.OK, _server_timing(response.headers.get("Server-Timing", "")))


class JobsService(Service):
    """A service of ``atelier serve``: the client submits a job, waits for its end, and fetches its result.

    Parameters
    ----------
    url : str
        Address of the service's root.
    operation : str
        Name of the operation; ``""``: the first operation that the service offers.
    params : mapping, optional
        Parameters of the operation.
    backend : str
        Name of the backend; ``""``: the service chooses a backend.
    token : str
        Text that is sent as a bearer token; ``""``: no token is sent.
    """

    def __init__(
        self,
        url: str,
        *,
        operation: str = "",
        params: Mapping[str, Value] | None = None,
        backend: str = "",
        token: str = "",
    ) -> None:
        self._root, self._operation, self._headers = url.rstrip("/") + "/", operation, _headers(token)
        self._given = {"params": json.dumps(dict(params or {})), "backend": backend}
        self.name = f"jobs of {operation}" if operation else "jobs"

    async def prepare(self, session: aiohttp.ClientSession) -> None:
        """Choose the service's first operation, or check that the service offers the operation of the user."""
        async with session.get(urljoin(self._root, "operations"), headers=self._headers) as response:
            if response.status != 200:
                raise Unavailable(
                    f"{self._root} must be a service that atelier serve has started; GET /operations answered "
                    f"HTTP {response.status}. For another kind of service, name the form's field that takes the "
                    "picture: --field NAME"
                )
            offered = _names(await response.json(content_type=None))
        if not self._operation and offered:
            self._operation = offered[0]
        if self._operation not in offered:
            raise unknown(f"operation of {self._root}", self._operation, offered)
        self.name = f"jobs of {self._operation}"

    async def send(self, session: aiohttp.ClientSession, picture: Picture, number: int) -> Answer:
        """Submit a job, wait until the job has ended, and fetch its result."""
        form = _form({"operation": self._operation, **self._given}, "image", picture, number)
        jobs = urljoin(self._root, "jobs")
        async with session.post(jobs, data=form, headers=self._headers) as response:
            if response.status == 429:
                return Answer(Ended.REFUSED)
            if response.status not in (200, 201, 202):
                return Answer(f"HTTP {response.status}")
            job = await response.json()
            at = urljoin(jobs, response.headers.get("Location", f"/jobs/{job['id']}"))
        is_cached = bool(job.get("cached"))
        job = await self._ended(session, at)
        if job["state"] != "done":
            return Answer(f"job {job['state']}")
        async with session.get(f"{at}/result", headers=self._headers) as response:
            await response.read()
            if response.status != 200:
                return Answer(f"result HTTP {response.status}")
        return Answer(Ended.OK, job.get("run_s"), is_cached)

    async def _ended(self, session: aiohttp.ClientSession, at: str) -> dict[str, Any]:
        """The description of the job after the job has ended."""
        headers = {**self._headers, "Prefer": f"wait={_WAIT_S}"}
        while True:
            asked = monotonic()
            async with session.get(at, headers=headers) as response:
                if response.status != 200:
                    return {"state": f"HTTP {response.status}"}
                job: dict[str, Any] = await response.json()
            if job["state"] not in ("queued", "running"):
                return job
            if monotonic() - asked < _PAUSE_S:
                await asyncio.sleep(_PAUSE_S)


def _names(offered: Any) -> list[str]:
    """Names of operations in the service's response, which is a list or an object that holds a list."""
    if isinstance(offered, Mapping):
        offered = offered.get("operations", offered)
    return [one["name"] if isinstance(one, Mapping) else str(one) for one in offered]


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _form(fields: Mapping[str, str], field: str, picture: Picture, number: int) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in fields.items():
        form.add_field(name, value)
    # aiohttp sends a file object in parts; one large write would delay all other requests.
    content = io.BytesIO(picture.copy_number(number))
    form.add_field(field, content, filename=picture.name, content_type=picture.kind)
    return form


def _server_timing(header: str) -> float | None:
    """Seconds in the header Server-Timing, by which a service reports its work: ``run;dur=48.1``.

    >>> _server_timing("cache;desc=miss, run;dur=48.0"), _server_timing("")
    (0.048, None)
    """
    found = [float(text) for text in re.findall(r"dur=([0-9.]+)", header)]
    return sum(found) / 1000 if found else None
