"""Send pictures to a service at times that are fixed beforehand, and record how each request ends.

The loop is open: each request is sent when it is due, even if earlier requests have no response yet. A closed
loop waits for each response, so it sends the fewest requests when the service is slowest (coordinated
omission).
"""

from __future__ import annotations

import asyncio
import gc
import math
import statistics
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiohttp

from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.load_test import Arrivals, Ended, LoadTest, Slo
from toolkit.core.errors import Unavailable
from toolkit.results.rows.load_test import lag_p95_s
from toolkit.studies.load.adapters import Answer, Service
from toolkit.studies.load.pictures import Picture
from toolkit.studies.load.schedule import schedule
from toolkit.studies.load.self_check import bottleneck_of

Result = TypeVar("Result")

ANSWER_S = 60.0
"""Default time after which a request without a complete response has failed, s."""
_PROBES = 3
_LEAD_S = 0.05  # pause, s, between the last preparation and the first request


@dataclass
class _Sent:
    """The record of one request; the seconds that the service reports are NaN if the service reports none."""

    due_s: float
    sent_s: float
    ended_s: float = math.inf
    ended: str = "no answer"
    run_s: float = math.nan
    is_cached: bool = False


@dataclass
class _Sender:
    """Sends each request of one schedule when it is due, and records how it ends."""

    session: aiohttp.ClientSession
    service: Service
    pictures: Sequence[Picture]
    slo: Slo | None
    n_due: int
    serial: int
    answer_s: float
    began_s: float = 0.0
    requests: list[_Sent] = field(default_factory=list)
    n_late: int = 0

    async def follow(self, due_s: Sequence[float], on_sent: Callable[[], None]) -> None:
        """Send each request when it is due, and wait for all responses."""
        self.began_s = time.perf_counter() + _LEAD_S
        tasks = set[asyncio.Task[None]]()
        for due in due_s:
            await asyncio.sleep(max(0.0, self.began_s + due - time.perf_counter()))
            if self._is_lost():
                break
            task = asyncio.create_task(self._one(due))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            on_sent()
        await asyncio.gather(*tasks)

    def _is_lost(self) -> bool:
        """Whether the latency objective fails even if all other requests end in time."""
        if self.slo is None:
            return False
        allowed = (1 - self.slo.quantile) * self.n_due
        return self.n_late > allowed + 2 * math.sqrt(allowed) + 1

    async def _one(self, due: float) -> None:
        noted = _Sent(due, self._now())
        self.requests.append(noted)
        number = self.serial + len(self.requests)
        picture = self.pictures[number % len(self.pictures)]
        late = self._counted_when_late(due)
        answer = await answered(self.service, self.session, picture, number, answer_s=self.answer_s)
        now = self._now()
        noted.ended, noted.is_cached = str(answer.ended), answer.is_cached
        noted.run_s = math.nan if answer.run_s is None else answer.run_s
        if answer.ended in (Ended.OK, Ended.REFUSED):
            noted.ended_s = now
        if late is not None and now - due <= self.slo_s:
            late.cancel()
            self.n_late += answer.ended != Ended.OK

    def _counted_when_late(self, due: float) -> asyncio.TimerHandle | None:
        """Start a timer that counts a request as late at the latency limit, even if no response ever arrives."""
        if self.slo is None:
            return None
        return asyncio.get_running_loop().call_later(due + self.slo_s - self._now(), self._count_late)

    def _count_late(self) -> None:
        self.n_late += 1

    @property
    def slo_s(self) -> float:
        return math.inf if self.slo is None else self.slo.limit_s

    def _now(self) -> float:
        return time.perf_counter() - self.began_s


async def answered(
    service: Service, session: aiohttp.ClientSession, picture: Picture, number: int, *, answer_s: float
) -> Answer:
    """Send one picture and return the `Answer`; an error becomes an `Answer` that names the error."""
    try:
        async with asyncio.timeout(answer_s):
            return await service.send(session, picture, number)
    except TimeoutError:
        return Answer(f"no answer in {answer_s:g} s")
    except (aiohttp.ClientError, OSError, ValueError, KeyError) as error:
        return Answer(type(error).__name__)


class Load:
    """A service and the pictures to send, for one or several load tests.

    Parameters
    ----------
    service : Service
        The service to test.
    url : str
        Address of the service, which is stored with the test.
    pictures : sequence of Picture
        Pictures to send in turn.
    answer_s : float
        Time after which a request without a complete response has failed, s.
    """

    def __init__(
        self, service: Service, *, url: str, pictures: Sequence[Picture], answer_s: float = ANSWER_S
    ) -> None:
        self._service, self._url, self._pictures, self._answer_s = service, url, pictures, answer_s
        self._serial = (
            time.time_ns() // 1000
        )  # a number for each sent copy of a picture, so that no cache answers

    def probe_s(self) -> float:
        """Median latency of a few requests sent one after the other, s; these requests also warm the service up.

        Raises
        ------
        Unavailable
            The service cannot be reached, or its response is an error.
        """
        return _run(self._probe())

    async def _probe(self) -> float:
        took = []
        async with _session() as session:
            try:
                await self._service.prepare(session)
            except (aiohttp.ClientError, OSError) as error:
                raise Unavailable(f"no service answers at {self._url}: {_reason(error)}.") from error
            for _ in range(_PROBES):
                began = time.perf_counter()
                self._serial += 1
                picture = self._pictures[self._serial % len(self._pictures)]
                answer = await answered(
                    self._service, session, picture, self._serial, answer_s=max(self._answer_s, ANSWER_S)
                )
                if answer.ended != Ended.OK:
                    hint = "Check the service's address, and the name of the form's field."
                    raise Unavailable(
                        f"{self._url} must answer a request with one picture; got {answer.ended}. {hint}"
                    )
                took.append(time.perf_counter() - began)
        return statistics.median(took)

    def test(
        self,
        *,
        rate_per_s: float,
        duration_s: float,
        arrivals: str = Arrivals.POISSON,
        seed: int = 0,
        stop_at: Slo | None = None,
        on_sent: Callable[[], None] = lambda: None,
    ) -> LoadTest:
        """Send the requests of one schedule; returns when each request has a response or has failed.

        Parameters
        ----------
        stop_at : Slo, optional
            Stop sending requests as soon as this objective fails whatever the other responses are.
        on_sent : callable
            A function that is called when a request is sent.

        Raises
        ------
        InvalidValue
            The schedule has too many requests, or none.
        """
        due_s = schedule(rate_per_s=rate_per_s, duration_s=duration_s, arrivals=arrivals, seed=seed).tolist()
        began, cpu_s, wall_s = datetime.now(UTC), time.process_time(), time.perf_counter()
        sender = _run(self._follow(due_s, stop_at, on_sent))
        cpu_share = (time.process_time() - cpu_s) / (time.perf_counter() - wall_s)
        self._serial += len(sender.requests)
        return self._noted(
            sender,
            cpu_share,
            rate_per_s=rate_per_s,
            duration_s=duration_s,
            arrivals=str(arrivals),
            seed=seed,
            began=began.isoformat(timespec="milliseconds"),
        )

    async def _follow(self, due_s: list[float], slo: Slo | None, on_sent: Callable[[], None]) -> _Sender:
        async with _session() as session:
            sender = _Sender(
                session, self._service, self._pictures, slo, len(due_s), self._serial, self._answer_s
            )
            with _short_collections():
                await sender.follow(due_s, on_sent)
        return sender

    def _noted(self, sender: _Sender, cpu_share: float, **asked: object) -> LoadTest:
        requests = sender.requests
        scheduled, sent = [one.due_s for one in requests], [one.sent_s for one in requests]
        latencies = [one.ended_s - one.due_s for one in requests if one.ended != Ended.REFUSED]
        bottleneck = bottleneck_of(
            lag_s=lag_p95_s(scheduled, sent),
            cpu_share=cpu_share,
            median_latency_s=statistics.median(latencies) if latencies else math.inf,
            limit_s=0.0 if sender.slo is None else sender.slo.limit_s,
        )
        return LoadTest(
            target=self._url,
            service=self._service.name,
            picture_bytes=statistics.mean(len(picture.content) for picture in self._pictures),
            scheduled_s=tuple(scheduled),
            sent_s=tuple(sent),
            ended_s=tuple(one.ended_s for one in requests),
            ended=tuple(one.ended for one in requests),
            run_s=tuple(one.run_s for one in requests),
            n_cached=sum(one.is_cached for one in requests),
            cpu_share=cpu_share,
            bottleneck=bottleneck,
            fingerprint=fingerprint(),
            **asked,
        )


def _run(answer: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine, run in a new thread if this thread has an event loop already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(answer)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, answer).result()


def _session() -> aiohttp.ClientSession:
    # no limit on the number of connections, because a limit would make requests wait in the sender
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
    )


@contextmanager
def _short_collections() -> Iterator[None]:
    """Exclude existing objects from garbage collection: a collection of all objects would delay every request."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error) or type(error).__name__
