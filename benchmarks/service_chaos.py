"""Kill the workers and the front of a service while clients send jobs; and watch its memory over a long time."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import aiohttp
import psutil

from benchmarks.service_process import ServiceProcess, client_of, ended, picture, submit

_WORKER_KILLS, _FRONT_KILLS = 20, 5


async def chaos(folder: Path, short: bool) -> list[str]:
    """Kills at random moments; clients send again with the same key. Every job is done once, no process is left."""
    missed = []
    for seed in (1,) if short else (1, 2, 3):
        missed += await _storm(folder / str(seed), seed, n_jobs=80 if short else 400, short=short)
    return missed


async def _storm(folder: Path, seed: int, *, n_jobs: int, short: bool) -> list[str]:
    service = ServiceProcess(folder, "naps", "--workers", "2", "--queue", "1000", "--max-wait", "600")
    dice = random.Random(seed)
    kills = (6, 2) if short else (_WORKER_KILLS, _FRONT_KILLS)
    seen: set[int] = set()
    async with client_of(service) as client:
        clients = [asyncio.create_task(_persistent(client, service, f"{seed} {n}", n)) for n in range(n_jobs)]
        for what in dice.sample(["worker"] * kills[0] + ["front"] * kills[1], sum(kills)):
            await asyncio.sleep(dice.uniform(0.1, 0.6))
            workers = service.workers
            seen.update(workers)
            if what == "front":
                service.kill()
                service.start()
                await service.ready(client)
            elif workers:
                with suppress(ProcessLookupError):
                    os.kill(dice.choice(workers), signal.SIGKILL)
        jobs = await asyncio.gather(*clients)
        seen.update(service.workers)
    states: dict[str, int] = {}
    for job, _ in jobs:
        states[job.get("state", "lost")] = states.get(job.get("state", "lost"), 0) + 1
    whole = sum(content.startswith(b"\x89PNG") and content.endswith(b"IEND\xaeB`\x82") for _, content in jobs)
    left = [pid for pid in seen if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]
    print(
        f"seed {seed}: {n_jobs} jobs, {kills[0]} kills of workers and {kills[1]} of the front: {states}, {whole} whole "
        f"results, {len({job.get('id') for job, _ in jobs})} ids, {len(left)} processes left"
    )
    is_right = states == {"done": n_jobs} and whole == n_jobs and not left
    return [] if is_right else [f"chaos with seed {seed}"]


async def _persistent(
    client: aiohttp.ClientSession, service: ServiceProcess, key: str, number: int
) -> tuple[dict, bytes]:
    """One job, sent again with its key until it is taken, and asked for until its result is here."""
    image = picture(number)
    while True:
        try:
            status, body, headers = await submit(
                client, service, image, key=key, operation="naps", params='{"seconds": 0.02}'
            )
            if status != 202:
                await asyncio.sleep(float(headers.get("Retry-After", 1)))
                continue
            job = await ended(client, service, body["id"])
            if job.get("state") != "done":
                return job, b""
            async with client.get(f"{service.url}/jobs/{body['id']}/result") as answer:
                return job, await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            await asyncio.sleep(0.3)


async def soak(folder: Path, short: bool) -> list[str]:
    """Jobs at 70 % load for ten minutes: memory of front and workers, and open files, after the first minute."""
    minutes, warm_s = (1.0, 20.0) if short else (10.0, 60.0)
    service = ServiceProcess(folder, "naps", "--workers", "2")
    async with client_of(service) as client:
        pictures = [picture(seed, 256) for seed in range(20)]
        rate, started, at_first = 0.7 * 2 / 0.06, time.perf_counter(), None
        tasks: set[asyncio.Task[None]] = set()
        number = 0

        async def one(number: int) -> None:
            params = f'{{"seconds": {0.05 + number * 1e-9:.9f}}}'
            status, body, _ = await submit(
                client, service, pictures[number % 20], operation="naps", params=params
            )
            if status == 202:
                await ended(client, service, body["id"])

        while (spent_s := time.perf_counter() - started) < 60 * minutes:
            task = asyncio.create_task(one(number))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            number += 1
            if at_first is None and spent_s > warm_s:
                at_first = (*service.memory_bytes(), service.descriptors())
            await asyncio.sleep(1 / rate)
        await asyncio.gather(*tasks)
        await asyncio.sleep(35.0)  # the service closes idle connections after 30 s
        at_last = (*service.memory_bytes(), service.descriptors())
    assert at_first is not None
    front, workers = at_last[0] / at_first[0] - 1, at_last[1] / at_first[1] - 1
    print(
        f"{number} jobs in {minutes:.0f} min: "
        f"front {at_first[0] / 1e6:.0f} -> {at_last[0] / 1e6:.0f} MB ({front:+.1%}), "
        f"workers {at_first[1] / 1e6:.0f} -> {at_last[1] / 1e6:.0f} MB ({workers:+.1%}), "
        f"open files {at_first[2]} -> {at_last[2]}"
    )
    # In the short form the caches of Python and SQLite still fill.
    most = 0.1 if short else 0.02
    is_right = front < most and workers < most and at_last[2] <= at_first[2] + 2
    return [] if is_right else ["memory or open files of the soak"]
