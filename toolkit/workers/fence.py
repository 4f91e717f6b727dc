"""Fences: a fence is a record in Redis with the attempt number and the state of an item (picture to run).

The client writes the fence of a picture before it sends the picture's message. A worker starts a picture only if the
fence names this attempt and the state "waiting". While the picture runs, the worker renews the time of its last sign of
life (beat) in the fence; the worker reports the end only if the fence still names this attempt. Therefore a
message that arrives twice or late changes nothing, and a picture without a recent beat can be sent again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from toolkit import __version__
from toolkit.core.errors import InvalidValue, Unavailable

MOST_BYTES = 8_000_000
"""Largest size of a picture or of a result that is sent through Redis, bytes."""
KEPT_S = 3600
"""Time for which Redis keeps data that nobody fetches, s."""
LEASE_S = 6.0
"""Time, s, for which a worker or client (program that submits pictures) counts as alive without a sign of life."""

_CONNECT_S, _ANSWER_S = 2.0, 10.0
_MOVE = """
local found = redis.call('HMGET', KEYS[1], 'attempt', 'state')
if found[1] ~= ARGV[1] or found[2] ~= ARGV[2] then return 0 end
local now = redis.call('TIME')
redis.call('HSET', KEYS[1], 'state', ARGV[3], 'beat', now[1] + now[2] / 1e6, 'worker', ARGV[4])
if ARGV[5] ~= '' then redis.call('RPUSH', KEYS[2], ARGV[5]) end
return 1
"""


class Stage(StrEnum):
    """The state of a picture in Redis."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Seen:
    """A picture's record in Redis as the client reads it; `silent_s`: seconds since the last beat (sign of life)."""

    attempt: int
    stage: str
    silent_s: float


def connected(broker: str) -> Any:
    """Connect to the Redis server at an address such as ``redis://10.0.0.1:6379/0``; returns the connection.

    Raises
    ------
    InvalidValue
        The address of the broker has a wrong form.
    Unavailable
        The Redis library is not installed, or no Redis server answers.
    """
    try:
        import redis
    except ModuleNotFoundError as error:
        raise Unavailable("executor celery needs Celery and Redis; run pip install -e '.[queue]'.") from error
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    try:
        server = redis.Redis.from_url(
            broker,
            socket_connect_timeout=_CONNECT_S,
            socket_timeout=_ANSWER_S,
            retry=Retry(NoBackoff(), 1),  # the callers repeat failed calls to Redis themselves
        )
    except ValueError as error:
        raise InvalidValue(
            f"the address of the broker must be like redis://10.0.0.1:6379/0; got {broker!r}."
        ) from error
    try:
        server.ping()
    except redis.RedisError as error:
        said = str(error).rstrip(".")
        raise Unavailable(f"no Redis server answers at {_without_password(broker)}: {said}.") from error
    return server


def lost_errors() -> tuple[type[Exception], ...]:
    """The exceptions by which the Redis library reports that the server does not answer."""
    import redis

    return (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError, OSError)


def _without_password(broker: str) -> str:
    return broker.rpartition("@")[2]


def too_long(what: str, n_bytes: int) -> str:
    """The error message for a picture or a result that has more than `MOST_BYTES`."""
    return (
        f"the {what} has {n_bytes} bytes; at most {MOST_BYTES} can be sent through Redis. Use a folder that all "
        "machines can read and write, or a compressed format."
    )


class Fences:
    """The pictures of one client in Redis, with their records (fences) and their outcomes.

    Parameters
    ----------
    server : redis.Redis
        Connection to the Redis server.
    client : str
        Name of the client (the process that submits the pictures), which no other client has.
    """

    def __init__(self, server: Any, client: str) -> None:
        self.server, self.client = server, client
        self._move = server.register_script(_MOVE)
        self._outcomes = self._key("outcomes")

    def _key(self, *parts: object) -> str:
        return ":".join(map(str, ("atelier", self.client, *parts)))

    # Methods that the client (a command or a service) calls

    def hold(self, asked: str) -> None:
        """Record in Redis that the client is alive, and store the operation and settings of its pictures (JSON)."""
        self.server.set(self._key("asked"), asked, px=int(1000 * LEASE_S))

    def let_go(self) -> None:
        """Record in Redis that the client has ended."""
        self.server.unlink(self._key("asked"), self._outcomes)

    def put(self, serial: int, attempt: int, item: str, content: bytes | None) -> None:
        """Write the record (fence) of an attempt to run a picture, with the state "waiting"."""
        fence = self._key("item", serial)
        pipe = self.server.pipeline()
        if content is not None:
            pipe.set(self._key("in", serial), content, ex=KEPT_S)
        pipe.hset(fence, mapping={"attempt": attempt, "state": Stage.WAITING, "beat": 0, "item": item})
        pipe.expire(fence, 24 * KEPT_S)
        pipe.execute()

    def cancel(self, serial: int) -> None:
        """Change the record of a picture in Redis (fence) so that no worker runs it or reports its end."""
        fence = self._key("item", serial)
        pipe = self.server.pipeline()
        pipe.hset(fence, "state", Stage.CANCELLED)
        pipe.expire(fence, KEPT_S)
        pipe.unlink(self._key("in", serial))
        pipe.execute()

    def seen(self, serials: Sequence[int]) -> list[Seen | None]:
        """The record of each picture in Redis (fence); None if Redis has lost the record."""
        pipe = self.server.pipeline(transaction=False)
        pipe.time()
        for serial in serials:
            pipe.hmget(self._key("item", serial), "attempt", "state", "beat")
        (seconds, micros), *rows = pipe.execute()
        now = seconds + micros / 1e6
        return [_seen(row, now) for row in rows]

    def next_outcomes(self, wait_s: float) -> list[dict[str, Any]]:
        """The outcomes of pictures that have arrived in Redis; waits at most `wait_s` seconds for the first outcome."""
        first = self.server.blpop([self._outcomes], timeout=wait_s)
        if first is None:
            return []
        more = self.server.lpop(self._outcomes, 100) or []
        return [json.loads(text) for text in (first[1], *more)]

    def forget(self, serial: int, attempt: int) -> None:
        """Remove all data of an ended picture from Redis; the record of a cancelled one stays to stop late workers."""
        self.server.unlink(
            self._key("in", serial), self._key("out", serial, attempt), self._key("item", serial)
        )

    # Methods that a worker calls

    def asked(self) -> dict[str, Any] | None:
        """The operation and settings that the client stored in Redis; None if the client has ended."""
        text = self.server.get(self._key("asked"))
        return None if text is None else json.loads(text)

    def start(self, serial: int, attempt: int, worker: str) -> dict[str, Any] | None:
        """Start an attempt to run a picture; returns the picture, or None if this attempt must not start."""
        if not self._moved(serial, attempt, Stage.WAITING, Stage.RUNNING, worker):
            return None
        text = self.server.hget(self._key("item", serial), "item")
        return None if text is None else json.loads(text)

    def beat(self, serial: int, attempt: int, worker: str) -> bool:
        """Record that an attempt is still running; returns False if the client no longer wants this attempt."""
        return self._moved(serial, attempt, Stage.RUNNING, Stage.RUNNING, worker)

    def end(self, serial: int, attempt: int, worker: str, outcome: str) -> bool:
        """Send the outcome of an attempt; returns False and sends nothing if the client does not want this attempt."""
        return self._moved(serial, attempt, Stage.RUNNING, Stage.ENDED, worker, outcome)

    def _moved(
        self, serial: int, attempt: int, before: Stage, after: Stage, worker: str, outcome: str = ""
    ) -> bool:
        keys = [self._key("item", serial), self._outcomes]
        return bool(self._move(keys=keys, args=[attempt, before, after, worker, outcome]))

    # Methods that store and read pictures and results in Redis

    def picture(self, serial: int) -> bytes | None:
        """The bytes of a picture that was sent through Redis; None if Redis has lost the bytes."""
        found: bytes | None = self.server.get(self._key("in", serial))
        return found

    def put_result(self, serial: int, attempt: int, content: bytes) -> None:
        """Store the bytes of the result of an attempt in Redis until the client fetches them."""
        self.server.set(self._key("out", serial, attempt), content, ex=KEPT_S)

    def result(self, serial: int, attempt: int) -> bytes | None:
        """The bytes of the result of an attempt; None if Redis has lost the bytes."""
        found: bytes | None = self.server.get(self._key("out", serial, attempt))
        return found


def _seen(row: Sequence[bytes | None], now: float) -> Seen | None:
    attempt, state, beat = row
    if attempt is None or state is None:
        return None
    last = float(beat or 0)
    return Seen(int(attempt), state.decode(), max(0.0, now - last) if last else 0.0)


def tell_of_worker(server: Any, name: str, facts: dict[str, Any]) -> None:
    """Record in Redis that a worker is alive, with its Atelier version, hash of sources and threads."""
    server.set(f"atelier:worker:{name}", json.dumps(facts), px=int(1000 * LEASE_S))


def workers(server: Any) -> dict[str, dict[str, Any]]:
    """The records in Redis of the workers that are alive, by the name of the worker."""
    found: dict[str, dict[str, Any]] = {}
    for key in server.scan_iter("atelier:worker:*", count=1000):
        text = server.get(key)
        if text is not None:
            found[key.decode().removeprefix("atelier:worker:")] = json.loads(text)
    return found


def usable_workers(server: Any, *, sources: str) -> dict[str, dict[str, Any]]:
    """The workers with the same source files as this process; an empty dict if no worker runs.

    Raises
    ------
    Unavailable
        All workers run other source files than this process.
    """
    alive = workers(server)
    usable = {name: one for name, one in alive.items() if one["sources"] == sources}
    if alive and not usable:
        names = ", ".join(f"{name} has Atelier {one['version']}" for name, one in sorted(alive.items()))
        raise Unavailable(
            f"a worker must run Atelier {__version__} with the sources of this computer, but {names} with "
            "other sources. Install this version on the worker's machine, and start the worker again."
        )
    return usable


def n_threads(alive: Mapping[str, dict[str, Any]], *, sources: str) -> int:
    """Number of threads of the workers with the same source files as this process."""
    return sum(int(one["threads"]) for one in alive.values() if one["sources"] == sources)
