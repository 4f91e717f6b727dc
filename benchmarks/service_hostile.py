"""Damaged requests and slow senders, while honest clients are served beside them."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import numpy as np

from benchmarks.service_process import ServiceProcess, client_of, ended, picture, submit
from tests.apps.service.hostile_requests import NASTY, SLOW, bad_files, malformed

_AT_ONCE = 8
_LONGEST_S = 25.0  # a sender that sends too slowly is cut off after 10 s
_TOO_LONG_BYTES = 20_000_001
_MOST_GROWTH_BYTES, _MOST_ACKNOWLEDGEMENT_S = 50_000_000, 0.1


async def hostile(folder: Path, short: bool) -> list[str]:
    """200 damaged requests, bad pictures, bodies that are too long, and 200 slow senders."""
    count = 40 if short else 200
    data = folder / "room" / "data"
    data.parent.mkdir()
    service = ServiceProcess(data, "naps", "--workers", "2")
    async with client_of(service) as client:
        watch = _Others(service, client)
        await watch.settle()
        beside = asyncio.create_task(watch.run())
        codes = await _damaged(service, count)
        codes += await _nasty(client, service, folder)
        codes += await _too_long(client, service)
        closed, longest_s = await _slow_senders(service, count)
        watch.is_over = True
        await beside
    return _judged(codes, watch, data, n_slow=count, closed=closed, longest_s=longest_s)


def _judged(
    codes: Counter[int], watch: _Others, data: Path, *, n_slow: int, closed: int, longest_s: float
) -> list[str]:
    faults = sum(count for code, count in codes.items() if code >= 500)
    outside = [path.name for path in data.parent.iterdir() if path != data]
    p50_s, p99_s = np.percentile(watch.taken_s, [50, 99])
    n_lost = len(watch.taken_s) - watch.n_done
    growth_bytes = watch.peak_bytes - watch.first_bytes
    print(
        f"{codes.total()} damaged requests: {dict(sorted(codes.items()))} (0: closed without an answer); {closed} of "
        f"{n_slow} slow senders were closed, the last after {longest_s:.1f} s; outside the folder: "
        f"{outside or 'nothing'}"
    )
    print(
        f"beside them {len(watch.taken_s)} jobs of others: acknowledgement p50 {1000 * p50_s:.1f} ms, p99 "
        f"{1000 * p99_s:.1f} ms (bound 100 ms), {watch.n_done} done; the front grew by {growth_bytes / 1e6:.1f} MB "
        "at most (bound 50 MB)"
    )
    bounds = {
        f"{faults} answers of 500 and above": not faults,
        f"files outside the folder: {outside}": not outside,
        f"{n_slow - closed} slow senders were not closed": closed == n_slow,
        f"the last slow sender was closed after {longest_s:.1f} s": longest_s < 12.0,
        f"acknowledgement p99 {1000 * p99_s:.1f} ms": p99_s < _MOST_ACKNOWLEDGEMENT_S,
        f"{n_lost} jobs of others were not done": not n_lost,
        f"the front grew by {growth_bytes / 1e6:.0f} MB": growth_bytes < _MOST_GROWTH_BYTES,
    }
    return [name for name, holds in bounds.items() if not holds]


class _Others:
    """An honest client that sends ten small jobs a second; the memory of the front is watched beside it."""

    def __init__(self, service: ServiceProcess, client: aiohttp.ClientSession) -> None:
        self._service, self._client = service, client
        self.taken_s: list[float] = []
        self.n_done = self.peak_bytes = self.first_bytes = 0
        self.is_over = False

    async def settle(self) -> None:
        """Some jobs that are not counted, after which the front has its usual memory."""
        for number in range(30):
            await self._one(10**6 + number)
        self.taken_s, self.n_done = [], 0
        self.first_bytes = self.peak_bytes = self._service.memory_bytes()[0]

    async def run(self) -> None:
        """Send until `is_over`."""
        tasks, number = [], 0
        while not self.is_over:
            tasks.append(asyncio.create_task(self._one(number)))
            number += 1
            self.peak_bytes = max(self.peak_bytes, self._service.memory_bytes()[0])
            await asyncio.sleep(0.1)
        await asyncio.gather(*tasks)

    async def _one(self, number: int) -> None:
        image, sent_s = picture(number), time.perf_counter()
        status, body, _ = await submit(
            self._client, self._service, image, operation="naps", params='{"seconds": 0.01}'
        )
        self.taken_s.append(time.perf_counter() - sent_s)
        if status == 202:
            job = await ended(self._client, self._service, body["id"])
            self.n_done += job["state"] == "done"


async def _damaged(service: ServiceProcess, count: int) -> Counter[int]:
    """The codes of the answers to damaged forms; 0 if the connection was closed."""
    dice, image, codes = random.Random(3), picture(5), Counter[int]()
    requests = iter([malformed(dice, image) for _ in range(count)])

    async def one_client() -> None:
        for request in requests:
            codes[await _raw(service, request)] += 1

    await asyncio.gather(*(one_client() for _ in range(_AT_ONCE)))
    return codes


async def _raw(service: ServiceProcess, request: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    line = b""
    with suppress(ConnectionError, TimeoutError):
        writer.write(request)
        await writer.drain()
        line = await asyncio.wait_for(reader.readline(), 15)
    writer.close()
    return int(line.split()[1]) if line else 0


async def _nasty(client: aiohttp.ClientSession, service: ServiceProcess, folder: Path) -> Counter[int]:
    """Bad pictures, and names and keys that are paths."""
    files = folder / "files"
    files.mkdir()
    codes = Counter[int]()
    for number, content in enumerate(bad_files(files)):
        codes[(await submit(client, service, content, key=f"bad {number}", operation="naps"))[0]] += 1
    for nasty in NASTY:
        key = nasty.encode("ascii", "replace").decode().replace("\x00", "?")
        for operation in ("naps", nasty or ","):
            codes[(await submit(client, service, picture(6), key=key, operation=operation))[0]] += 1
    return codes


async def _too_long(client: aiohttp.ClientSession, service: ServiceProcess) -> Counter[int]:
    """One byte more than allowed, five times with a length and five times in chunks."""
    codes = Counter[int]()

    async def one(is_chunked: bool) -> None:
        try:
            if not is_chunked:
                codes[(await submit(client, service, bytes(_TOO_LONG_BYTES), operation="naps"))[0]] += 1
                return
            headers = {"Content-Type": "multipart/form-data; boundary=line"}
            async with client.post(f"{service.url}/jobs", data=_chunks(), headers=headers) as answer:
                codes[answer.status] += 1
        except aiohttp.ClientError:  # the service has answered and closed while the client still sent
            codes[0] += 1

    await asyncio.gather(*(one(is_chunked) for is_chunked in (True, False) * 5))
    return codes


async def _chunks() -> AsyncIterator[bytes]:
    yield b'--line\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    for _ in range(22):
        yield bytes(1_000_000)


async def _slow_senders(service: ServiceProcess, count: int) -> tuple[int, float]:
    """How many senders of one byte a second were closed, and when the last one was."""
    started_s = time.perf_counter()

    async def one() -> float | None:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(SLOW)
        try:
            while time.perf_counter() < started_s + _LONGEST_S:
                with suppress(TimeoutError):
                    if not await asyncio.wait_for(reader.read(4096), 1.0):
                        return time.perf_counter() - started_s
                writer.write(b"-")
            return None
        except ConnectionError:
            return time.perf_counter() - started_s
        finally:
            writer.close()

    ends_s = await asyncio.gather(*(one() for _ in range(count)))
    closed_s = [end_s for end_s in ends_s if end_s is not None]
    return len(closed_s), max(closed_s, default=0.0)
