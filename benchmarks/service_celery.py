"""A service whose jobs Celery workers run, through kills of its front, of Redis, of workers and of their children."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import aiohttp
import psutil

from benchmarks.queue_processes import END, RedisServer, Worker
from benchmarks.service_chaos import QUEUE, Storm
from benchmarks.service_process import ServiceProcess

_KILLS = {"child": 20, "front": 5, "redis": 3, "worker": 3}
_GONE_S = (70.0, 0.5)
"""Time for which Redis is gone, s: once for longer than a batch would wait, and then as for a restart."""
_SHORT_KILLS = {"child": 2, "front": 1, "redis": 1, "worker": 1}


async def celery(folder: Path, short: bool) -> list[str]:
    """Three seeds of kills of every process that takes part; clients send again with the same key."""
    missed = []
    for seed in (1,) if short else (1, 2, 3):
        (folder / f"redis-{seed}").mkdir(parents=True)
        with ThreadPoolExecutor(1) as thread:  # a worker ends with the thread that has started it
            carriers = _Carriers(folder / f"redis-{seed}", thread, gone_s=_GONE_S[1:] if short else _GONE_S)
            missed += await _killed(carriers, folder / str(seed), seed, short=short)
            n_left = await carriers.end()
        print(f"        {n_left} processes of the workers are left", flush=True)
        missed += [f"{n_left} processes left with seed {seed}"] if n_left else []
    return missed


async def _killed(carriers: _Carriers, folder: Path, seed: int, *, short: bool) -> list[str]:
    await carriers.start()
    options = ("--executor", "celery", "--broker", carriers.server.broker, *QUEUE)
    service = ServiceProcess(folder, "naps", *options)
    storm = Storm(service, seed)
    carriers.choose = storm.dice.choice
    kills = {
        "front": storm.kill_front,
        "redis": carriers.kill_redis,
        "worker": carriers.kill_worker,
        "child": carriers.kill_child,
    }
    return await storm.run(60 if short else 400, _SHORT_KILLS if short else _KILLS, kills)


class _Carriers:
    """A Redis server and two workers of one thread each.

    Parameters
    ----------
    folder : Path
        Of the log of Redis.
    thread : ThreadPoolExecutor
        Its one thread starts the workers.
    gone_s : sequence of float
        Time for which Redis is gone at each kill, s; the last one is for all further kills.
    """

    def __init__(self, folder: Path, thread: ThreadPoolExecutor, *, gone_s: Sequence[float]) -> None:
        self.server, self._thread = RedisServer(folder), thread
        self._gone_s = list(gone_s)
        self._workers: list[Worker] = []
        self.choose: Callable[[list], object]

    async def start(self) -> None:
        """Start the workers."""
        for _ in range(2):
            self._workers.append(await self._new_worker())

    async def _new_worker(self) -> Worker:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: Worker(self.server, threads=1))

    async def kill_redis(self, client: aiohttp.ClientSession) -> None:
        """Kill Redis, which keeps nothing on disk, and start it again."""
        self.server.kill()
        await asyncio.sleep(self._gone_s.pop(0) if len(self._gone_s) > 1 else self._gone_s[0])
        await asyncio.to_thread(self.server.start)

    async def kill_worker(self, client: aiohttp.ClientSession) -> None:
        """Kill all processes of a worker, and start another one."""
        gone = self.choose(self._workers)
        self._workers.remove(gone)
        gone.kill()
        self._workers.append(await self._new_worker())

    async def kill_child(self, client: aiohttp.ClientSession) -> None:
        """Kill a process in which a worker runs jobs."""
        children = [one for one in self._family() if "slot_process" in " ".join(_words(one))]
        if children:
            with suppress(psutil.NoSuchProcess):
                self.choose(children).kill()

    async def end(self) -> int:
        """End everything; returns how many processes are left after ten seconds."""
        family = self._family()
        for worker in self._workers:
            worker.process.send_signal(END)
        _, left = await asyncio.to_thread(psutil.wait_procs, family, timeout=10)
        for process in left:
            process.kill()
        self.server.kill()
        return len(left)

    def _family(self) -> list[psutil.Process]:
        found: list[psutil.Process] = []
        for worker in self._workers:
            with suppress(psutil.NoSuchProcess):
                found += worker.family
        return found


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
