"""A service whose queue is known: each picture takes one of some servers for a fixed time, first come, first served.

It says on stdout where it listens. The end of each answer is computed when its request comes, so that the queue is
exact even where this process is late: ``python -m benchmarks.sleeping_server --servers 2 --service-ms 50 --queue 20``.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web


class _Queue:
    """Servers of one queue, each free from a moment on."""

    def __init__(self, *, servers: int, service_s: float, places: int | None) -> None:
        self._free_s, self._service_s = [0.0] * servers, service_s
        self._most = None if places is None else servers + places
        self._under_way = 0

    async def answer(self, request: web.Request) -> web.Response:
        if self._most is not None and self._under_way >= self._most:
            return web.Response(status=429, headers={"Retry-After": "1"})
        loop = asyncio.get_running_loop()
        end = max(loop.time(), heapq.heappop(self._free_s)) + self._service_s
        heapq.heappush(self._free_s, end)
        self._under_way += 1
        try:
            await request.read()
            await asyncio.sleep(max(0.0, end - loop.time()))
        finally:
            self._under_way -= 1
        return web.Response(body=b"\x89PNG", content_type="image/png")


async def _serve(queue: _Queue) -> None:
    app = web.Application(client_max_size=1 << 26)
    app.router.add_post("/", queue.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    assert site._server is not None
    print(f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/", flush=True)
    await asyncio.Event().wait()


@contextmanager
def sleeping_server(
    *, servers: int = 2, service_ms: float = 50.0, queue: int | None = None
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Such a service in a process of its own: its address and the process."""
    options = ["--servers", str(servers), "--service-ms", str(service_ms)]
    options += [] if queue is None else ["--queue", str(queue)]
    command = [sys.executable, "-m", "benchmarks.sleeping_server", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=2)
    parser.add_argument("--service-ms", type=float, default=50.0)
    parser.add_argument("--queue", type=int)
    args = parser.parse_args()
    queue = _Queue(servers=args.servers, service_s=args.service_ms / 1000, places=args.queue)
    asyncio.run(_serve(queue))


if __name__ == "__main__":
    main()
