"""Kill the workers and the front of a service while clients send jobs: every job is done, and each ends once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

import aiohttp
import psutil

from benchmarks.service_process import ServiceProcess, client_of, ended, picture, submit

QUEUE = ("--queue", "2000", "--max-wait", "600")
"""A queue that refuses nobody: a storm is about jobs that were taken."""
_CLIENTS = 100
_PATIENCE_S = 600.0

Kill = Callable[[aiohttp.ClientSession], Awaitable[None]]


async def chaos(folder: Path, short: bool) -> list[str]:
    """20 kills of workers and 5 of the front, with three seeds; clients send again with the same key."""
    kills = {"worker": 6, "front": 2} if short else {"worker": 20, "front": 5}
    missed = []
    for seed in (1,) if short else (1, 2, 3):
        missed += await _killed(folder / str(seed), seed, n_jobs=100 if short else 400, kills=kills)
    return missed


async def kills(folder: Path, short: bool) -> list[str]:
    """1000 jobs of 20 ms through 7 kills of workers and 3 of the front."""
    many = {"worker": 2, "front": 1} if short else {"worker": 7, "front": 3}
    return await _killed(folder, 7, n_jobs=100 if short else 1000, kills=many)


async def _killed(folder: Path, seed: int, *, n_jobs: int, kills: Mapping[str, int]) -> list[str]:
    service = ServiceProcess(folder, "naps", "--workers", "2", *QUEUE)
    storm = Storm(service, seed)
    missed = await storm.run(n_jobs, kills, {"worker": storm.kill_worker, "front": storm.kill_front})
    left = [pid for pid in storm.pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]
    print(f"        {len(left)} of {len(storm.pids)} workers are left", flush=True)
    return [*missed, *([f"{len(left)} processes left with seed {seed}"] if left else [])]


class Storm:
    """Clients that send jobs to a service, and kills that are spread over these jobs.

    Attributes
    ----------
    pids : set of int
        All workers that were seen.
    """

    def __init__(self, service: ServiceProcess, seed: int) -> None:
        self._service, self._seed, self.dice = service, seed, random.Random(seed)
        self.pids: set[int] = set()
        self._n_done = 0

    async def run(self, n_jobs: int, counts: Mapping[str, int], kills: Mapping[str, Kill]) -> list[str]:
        """Run the jobs through `counts` kills of each kind and end the service; returns what was wrong."""
        plan = [what for what, count in counts.items() for _ in range(count)]
        self.dice.shuffle(plan)
        numbers, started = iter(range(n_jobs)), time.perf_counter()
        async with client_of(self._service) as client:
            clients = [asyncio.create_task(self._client(client, numbers)) for _ in range(_CLIENTS)]
            for number, what in enumerate(plan, 1):
                await self._until_done(number * n_jobs // (len(plan) + 1))
                self.pids.update(self._service.workers)
                await kills[what](client)
            jobs = [job for found in await asyncio.gather(*clients) for job in found]
            self.pids.update(self._service.workers)
            n_changed = sum([await self._has_changed(client, job) for job, _ in jobs])
        return self._judged(jobs, n_jobs, n_changed, counts, time.perf_counter() - started)

    def _judged(
        self,
        jobs: list[tuple[dict, bytes]],
        n_jobs: int,
        n_changed: int,
        counts: Mapping[str, int],
        took_s: float,
    ) -> list[str]:
        states = Counter(job.get("state", "lost") for job, _ in jobs)
        whole = sum(
            content.startswith(b"\x89PNG") and content.endswith(b"IEND\xaeB`\x82") for _, content in jobs
        )
        n_ids = len({job.get("id") for job, _ in jobs})
        again = Counter(job.get("attempts", 0) for job, _ in jobs)
        print(
            f"seed {self._seed}: {n_jobs} jobs in {took_s:.0f} s, kills {dict(counts)}: {dict(states)}, {n_ids} ids, "
            f"{whole} whole results, {n_changed} changed after their end, jobs by attempts "
            f"{dict(sorted(again.items()))}",
            flush=True,
        )
        for error in [job["error"] for job, _ in jobs if job.get("error")][:5]:
            print("       ", error)
        is_right = states == {"done": n_jobs} and whole == n_ids == n_jobs and not n_changed
        return [] if is_right else [f"storm with seed {self._seed}: {dict(states)}, {whole} whole"]

    async def kill_worker(self, client: aiohttp.ClientSession) -> None:
        """Kill one worker of the front, if one is there."""
        if workers := self._service.workers:
            with suppress(ProcessLookupError):
                os.kill(self.dice.choice(workers), signal.SIGKILL)

    async def kill_front(self, client: aiohttp.ClientSession) -> None:
        """Kill the front, and start it again."""
        self._service.kill()
        self._service.start()
        await self._service.ready(client)

    async def _until_done(self, count: int) -> None:
        end_s = time.monotonic() + _PATIENCE_S
        while self._n_done < count:
            assert time.monotonic() < end_s, f"only {self._n_done} jobs are done after {_PATIENCE_S:.0f} s"
            await asyncio.sleep(0.01)
        await asyncio.sleep(self.dice.uniform(0.0, 0.1))

    async def _client(self, client: aiohttp.ClientSession, numbers) -> list[tuple[dict, bytes]]:
        found = []
        for number in numbers:
            found.append(await self._persistent(client, number))
            self._n_done += 1
        return found

    async def _persistent(self, client: aiohttp.ClientSession, number: int) -> tuple[dict, bytes]:
        """One job, sent again with its key until it is taken, and asked for until its result is here."""
        image, key = picture(number), f"{self._seed} {number}"
        while True:
            try:
                status, body, headers = await submit(
                    client, self._service, image, key=key, operation="naps", params='{"seconds": 0.02}'
                )
                if status != 202:
                    await asyncio.sleep(float(headers.get("Retry-After", 1)))
                    continue
                job = await ended(client, self._service, body["id"])
                if job.get("state") != "done":
                    return job, b""
                async with client.get(f"{self._service.url}/jobs/{body['id']}/result") as answer:
                    return job, await answer.read()
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.3)

    async def _has_changed(self, client: aiohttp.ClientSession, job: dict) -> bool:
        """Whether a job that had ended says something else now, as one that ended twice would."""
        if "id" not in job:
            return False
        async with client.get(f"{self._service.url}/jobs/{job['id']}") as answer:
            return await answer.json(content_type=None) != job
