"""Watch the memory and the open files of a service under a steady load for a long time."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from benchmarks.service_process import ServiceProcess, client_of, ended, picture, submit


async def soak(folder: Path, short: bool) -> list[str]:
    """Jobs at 70 % load for ten minutes: memory of front and workers, and open files, after the first minute."""
    minutes, warm_s = (1.0, 20.0) if short else (10.0, 60.0)
    service = ServiceProcess(folder, "naps", "--workers", "2")
    async with client_of(service) as client:
        # So large that the cache of results is full within the first minute.
        pictures = [picture(seed, 256) for seed in range(20)]
        await ended(client, service, (await submit(client, service, pictures[0], operation="naps"))[1]["id"])
        idle_files = service.descriptors()
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
                at_first = service.memory_bytes()
            await asyncio.sleep(1 / rate)
        await asyncio.gather(*tasks)
        await asyncio.sleep(35.0)  # the service closes idle connections after 30 s
        at_last, left_files = service.memory_bytes(), service.descriptors()
    assert at_first is not None
    front, workers = at_last[0] / at_first[0] - 1, at_last[1] / at_first[1] - 1
    print(
        f"{number} jobs in {minutes:.0f} min: "
        f"front {at_first[0] / 1e6:.0f} -> {at_last[0] / 1e6:.0f} MB ({front:+.1%}), "
        f"workers {at_first[1] / 1e6:.0f} -> {at_last[1] / 1e6:.0f} MB ({workers:+.1%}), "
        f"open files of the idle front {idle_files} -> {left_files}"
    )
    # In the short form the caches of Python and SQLite still fill.
    most = 0.1 if short else 0.02
    is_right = front < most and workers < most and left_files <= idle_files + 2
    return [] if is_right else ["memory or open files of the soak"]
