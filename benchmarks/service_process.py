"""A service in a process of its own, for `benchmarks.service`, and the requests that its programs send."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import numpy as np
import psutil
from PIL import Image as Pillow

from toolkit.core.child_process import module_environment

NAPS = Path(__file__).parents[1] / "tests" / "plugins" / "naps.py"


def picture(seed: int, side_px: int = 64) -> bytes:
    """A PNG with content of its own."""
    pixels = np.random.default_rng(seed).integers(0, 256, (side_px, side_px, 3), np.uint8)
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


class ServiceProcess:
    """One `atelier serve` on a port of its own; it can be killed and started again."""

    def __init__(self, data: Path, *arguments: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        command = [sys.executable, "-m", "toolkit", "serve", *arguments, "--plugin", str(NAPS)]
        self._command = [*command, "--port", str(self.port), "--data", str(data), "--quiet"]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Start it; `ready` waits until it answers."""
        self.process = subprocess.Popen(
            self._command,
            env={**os.environ, **module_environment()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    async def ready(self, client: aiohttp.ClientSession) -> None:
        """Wait until a worker is ready."""
        end_s = time.monotonic() + 120
        while time.monotonic() < end_s:
            try:
                async with client.get(f"{self.url}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
        raise AssertionError("the service is not ready after two minutes")

    @property
    def workers(self) -> list[int]:
        """Process ids of its workers."""
        return [child.pid for child in self._children()]

    def _children(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.process.pid).children()
        except psutil.Error:
            return []

    def memory_bytes(self) -> tuple[int, int]:
        """Resident bytes of the front, and of its workers together."""
        front = psutil.Process(self.process.pid).memory_info().rss
        return front, sum(child.memory_info().rss for child in self._children())

    def descriptors(self) -> int:
        """Open files of the front."""
        return psutil.Process(self.process.pid).num_fds()

    def kill(self) -> None:
        """End the front as the kernel does."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it as an administrator does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9


@asynccontextmanager
async def client_of(service: ServiceProcess) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that has waited until the service is ready; the service ends with it."""
    connector = aiohttp.TCPConnector(limit=0)
    try:
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(90)) as client:
            await service.ready(client)
            yield client
    finally:
        if service.process.poll() is None:
            service.stop()


async def submit(
    client: aiohttp.ClientSession, service: ServiceProcess, image: bytes, *, key: str = "", **fields: str
) -> tuple[int, dict, dict]:
    """Send a job; the status, the body and the headers of the answer."""
    form = aiohttp.FormData()
    for name, value in fields.items():
        form.add_field(name, value)
    form.add_field("image", image, filename="a.png", content_type="image/png")
    headers = {"Idempotency-Key": key} if key else {}
    async with client.post(f"{service.url}/jobs", data=form, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None), dict(answer.headers)


async def ended(client: aiohttp.ClientSession, service: ServiceProcess, number: str) -> dict:
    """The job when it has ended."""
    while True:
        async with client.get(f"{service.url}/jobs/{number}", headers={"Prefer": "wait=20"}) as answer:
            job = await answer.json(content_type=None)
            if answer.status != 200 or job["state"] not in ("queued", "running"):
                return job
