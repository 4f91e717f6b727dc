"""The service under load: ledger rates, overload, quick acknowledgement, storms of kills, hostile clients, memory.

Run: ``make bench-service`` (35 min; ``SHORT=1``: 4 min), or ``python -m benchmarks.service [--short] [--only PART]``.
The client runs on the same cores as the service. Exits with 1 if a bound is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np

from benchmarks.service_celery import celery
from benchmarks.service_chaos import chaos, kills
from benchmarks.service_hostile import hostile
from benchmarks.service_process import ServiceProcess, client_of, ended, picture, submit
from benchmarks.service_soak import soak
from toolkit.contracts.fingerprint import fingerprint, summary
from toolkit.jobs.job import Ended
from toolkit.jobs.ledger import Ledger

NAP_S, WORKERS, QUEUE = 0.05, 2, 20
NAP = {"operation": "naps", "params": '{"seconds": 0.05}'}


def main() -> int:
    parts = {
        "ledger": ledger_rates,
        "overload": overload,
        "acknowledgement": acknowledgement,
        "kills": kills,
        "chaos": chaos,
        "celery": celery,
        "hostile": hostile,
        "soak": soak,
    }
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only", nargs="+", choices=list(parts), default=list(parts), help="these parts alone"
    )
    parser.add_argument("--short", action="store_true", help="each part for some seconds")
    args = parser.parse_args()
    print(summary(fingerprint()))
    missed: list[str] = []
    for name in args.only:
        part: Callable[[Path, bool], Awaitable[list[str]]] = parts[name]
        with tempfile.TemporaryDirectory(prefix="atelier-service-") as folder:
            print(f"\n{name}", flush=True)
            missed += asyncio.run(part(Path(folder), args.short))
    for line in missed:
        print("MISSED:", line)
    return 1 if missed else 0


async def ledger_rates(folder: Path, short: bool) -> list[str]:
    """Jobs a second that are queued, and claimed and finished, in a ledger that holds many."""
    rows = 20_000 if short else 100_000
    with Ledger(folder / "ledger.sqlite") as ledger:
        with ledger.transaction():
            for number in range(rows):
                ledger.add(f"old {number}", {"a": number})
        count = 2000
        started = time.perf_counter()
        for number in range(count):
            ledger.add(f"new {number}", {"a": number})
        queued = count / (time.perf_counter() - started)
        started = time.perf_counter()
        for _ in range(count):
            claim = ledger.claim()
            assert claim is not None and ledger.finish(claim, Ended())
        finished = count / (time.perf_counter() - started)
    print(f"at {rows} rows: {queued:.0f}/s queued, {finished:.0f}/s claimed and finished")
    return [f"{rate:.0f}/s in the ledger" for rate in (queued, finished) if rate < 2000]


async def overload(folder: Path, short: bool) -> list[str]:
    """Four times as many jobs as the workers can do: what is done, how long it takes, how refusals come."""
    service = ServiceProcess(folder, "naps", "--workers", str(WORKERS), "--queue", str(QUEUE))
    async with client_of(service) as client:
        capacity = await _capacity(client, service, count=60 if short else 400)
        before, _ = service.memory_bytes()
        seen = _Seen()
        duration_s = 12.0 if short else 60.0
        await _open_loop(client, service, seen, rate=4 * capacity, duration_s=duration_s)
        after, _ = service.memory_bytes()
    goodput = len(seen.done_s) / max(seen.last_s, duration_s)
    bound_s = 1.2 * (QUEUE + WORKERS) / WORKERS * (WORKERS / capacity)
    p99_s, refusal_s = np.percentile(seen.done_s, 99), np.percentile(seen.refused_s, 99)
    entered = seen.n_entered / max(1, seen.n_returned)
    print(
        f"capacity {capacity:.1f}/s; at {4 * capacity:.0f}/s for {duration_s:.0f} s: goodput {goodput:.1f}/s "
        f"({100 * goodput / capacity:.0f} %), {len(seen.refused_s)} refused"
    )
    print(
        f"accepted p99 {p99_s:.2f} s (bound {bound_s:.2f} s); 429 p99 {1000 * refusal_s:.0f} ms; "
        f"{100 * entered:.0f} % of {seen.n_returned} clients that waited Retry-After got in at once; "
        f"front {before / 1e6:.0f} -> {after / 1e6:.0f} MB; HTTP {dict(seen.codes)}"
    )
    bounds = {
        f"goodput {100 * goodput / capacity:.0f} % of the capacity": goodput >= 0.95 * capacity,
        f"accepted p99 {p99_s:.2f} s": p99_s <= bound_s,
        f"429 p99 {1000 * refusal_s:.0f} ms": refusal_s < 0.05,
        f"{100 * entered:.0f} % got in after Retry-After": entered >= 0.9,
        f"front grew to {after / 1e6:.0f} MB": after < 1.1 * before + 20e6,
    }
    return [name for name, holds in bounds.items() if not holds]


class _Seen:
    """What the clients of an open loop have seen."""

    def __init__(self) -> None:
        self.done_s: list[float] = []
        self.refused_s: list[float] = []
        self.codes: dict[int, int] = {}
        self.n_returned = self.n_entered = 0
        self.last_s = 0.0


async def _capacity(client, service, *, count: int) -> float:
    """Jobs a second with as many clients as fill the workers."""
    numbers = iter(range(count))
    started = time.perf_counter()

    async def one_client() -> None:
        for number in numbers:
            _, body, _ = await submit(client, service, picture(10**6 + number), **NAP)
            await ended(client, service, body["id"])

    await asyncio.gather(*(one_client() for _ in range(2 * WORKERS)))
    return count / (time.perf_counter() - started)


async def _open_loop(client, service, seen: _Seen, *, rate: float, duration_s: float) -> None:
    gaps = np.random.default_rng(5).exponential(1 / rate, int(2 * rate * duration_s))
    pictures = [picture(seed) for seed in range(200)]
    started, tasks = time.perf_counter(), []

    async def one(number: int, returns: bool) -> None:
        sent = time.perf_counter()
        # Each job has settings of its own, so that no result is known before.
        fields = {"operation": "naps", "params": f'{{"seconds": {NAP_S + number * 1e-9:.9f}}}'}
        status, body, headers = await submit(
            client, service, pictures[number % 200], key=f"job {number}", **fields
        )
        seen.codes[status] = seen.codes.get(status, 0) + 1
        if status == 429:
            seen.refused_s.append(time.perf_counter() - sent)
            if not returns:
                return
            await asyncio.sleep(int(headers["Retry-After"]))
            if time.perf_counter() > started + duration_s:
                return
            status, body, _ = await submit(
                client, service, pictures[number % 200], key=f"job {number}", **fields
            )
            seen.n_returned += 1
            seen.n_entered += status == 202
            if status != 202:
                return
            sent = time.perf_counter()
        job = await ended(client, service, body["id"])
        if job.get("state") == "done":
            seen.done_s.append(time.perf_counter() - sent)
            seen.last_s = time.perf_counter() - started

    at_s = 0.0
    for number, gap in enumerate(gaps):
        at_s += gap
        if at_s > duration_s:
            break
        await asyncio.sleep(max(0.0, started + at_s - time.perf_counter()))
        tasks.append(asyncio.create_task(one(number, returns=number % 50 == 0)))
    await asyncio.gather(*tasks)


async def acknowledgement(folder: Path, short: bool) -> list[str]:
    """Time until a job is taken in while the workers run stylization at half load; the end with an open stream."""
    service = ServiceProcess(folder, "stylization", "naps", "--workers", str(WORKERS))
    async with client_of(service) as client:
        pictures = [picture(seed, 512) for seed in range(60)]
        fields = {"operation": "stylization", "format": "jpg"}
        started = time.perf_counter()
        for image in pictures[:6]:
            _, body, _ = await submit(client, service, image, **fields)
            await ended(client, service, body["id"])
        job_s = (time.perf_counter() - started) / 6
        taken_s, tasks = [], []
        rate, duration_s = 0.5 * WORKERS / job_s, 10.0 if short else 60.0

        async def one(number: int) -> None:
            sent = time.perf_counter()
            more = {"params": f'{{"sigma_s": {30 + number * 1e-3:.3f}}}'}
            status, _, _ = await submit(client, service, pictures[number % 60], **fields, **more)
            assert status == 202, status
            taken_s.append(time.perf_counter() - sent)

        for number in range(int(rate * duration_s)):
            tasks.append(asyncio.create_task(one(number)))
            await asyncio.sleep(1 / rate)
        await asyncio.gather(*tasks)
        p50_s, p99_s = np.percentile(taken_s, [50, 99])
        drain_s = await _end_with_stream(client, service)
    print(
        f"stylization 512 x 512 takes {1000 * job_s:.0f} ms; at {rate:.1f}/s the acknowledgement takes p50 "
        f"{1000 * p50_s:.1f} ms, p99 {1000 * p99_s:.1f} ms ({len(taken_s)} jobs)"
    )
    print(
        f"SIGTERM with an open stream: exit {service.process.returncode}, {drain_s:.2f} s after the running job ended"
    )
    bounds = {
        f"acknowledgement p50 {1000 * p50_s:.1f} ms": p50_s < 0.01,
        f"acknowledgement p99 {1000 * p99_s:.1f} ms": p99_s < 0.05,
        f"the end took {drain_s:.2f} s": drain_s < 1.0 and service.process.returncode == 0,
    }
    return [name for name, holds in bounds.items() if not holds]


async def _end_with_stream(client, service) -> float:
    """Seconds from the end of the running job to the end of the service, which was told to end while it ran."""
    _, body, _ = await submit(client, service, picture(999), operation="naps", params='{"seconds": 2.0}')
    while (await _state(client, service, body["id"])) == "queued":
        await asyncio.sleep(0.05)
    async with client.get(f"{service.url}/jobs/{body['id']}/events") as stream:
        service.process.terminate()
        async for _ in stream.content:
            pass
    job_ended = time.perf_counter()
    await asyncio.to_thread(service.process.wait, 60)
    return time.perf_counter() - job_ended


async def _state(client, service, number: str) -> str:
    async with client.get(f"{service.url}/jobs/{number}") as answer:
        return (await answer.json())["state"]


if __name__ == "__main__":
    sys.exit(main())
