"""A service in a process of its own, and the requests that tests send to it."""

from __future__ import annotations

import io
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from PIL import Image as Pillow

ROOT = Path(__file__).parents[3]
NAPS = ROOT / "tests" / "plugins" / "naps.py"


def png(width: int = 64, height: int = 48, *, seed: int = 0) -> bytes:
    """A small picture with content; another one for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


class RunningService:
    """One `atelier serve`; `kill` and `start` again as often as wanted."""

    def __init__(self, data: Path, *arguments: str) -> None:
        self.data, self._arguments = data, arguments
        self.process: subprocess.Popen[str] | None = None
        self.port = 0
        self.said: list[str] = []

    def start(self) -> None:
        command = [sys.executable, "-m", "toolkit", "serve", *self._arguments, "--data", str(self.data)]
        command += ["--port", str(self.port), "--plugin", str(NAPS)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, args=(self.process, lines), daemon=True)
        self._reader.start()
        end_s = time.monotonic() + 90
        while True:
            line = lines.get(timeout=max(0.1, end_s - time.monotonic()))
            if not line:
                raise AssertionError("the service has not started:\n" + "".join(self.said))
            if "serves at" in line:
                self.port = int(line.split("http://")[1].split()[0].rsplit(":", 1)[1])
                break
        self.client = httpx.Client(base_url=self.url, timeout=60)

    def _read(self, process: subprocess.Popen[str], lines: queue.SimpleQueue[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.said.append(line)
                lines.put(line)
        lines.put("")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """End the front as the kernel does, and wait for it."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.client.close()
        self._reader.join()

    def stop(self) -> int:
        """End it as an administrator does; its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def submit(self, image: bytes | None = None, *, key: str = "", **fields: object) -> httpx.Response:
        form = {
            name: json.dumps(value) if isinstance(value, dict) else value for name, value in fields.items()
        }
        files = {"image": ("picture.png", png() if image is None else image)}
        headers = {"Idempotency-Key": key} if key else {}
        return self.client.post("/jobs", data={"operation": "naps", **form}, files=files, headers=headers)

    def job(self, number: str, *, wait_s: int = 0) -> dict:
        headers = {"Prefer": f"wait={wait_s}"} if wait_s else {}
        answer = self.client.get(f"/jobs/{number}", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ended(self, number: str) -> dict:
        """The job when it has ended."""
        for _ in range(10):
            job = self.job(number, wait_s=20)
            if job["state"] not in ("queued", "running"):
                return job
        raise AssertionError(f"job {number} does not end: {job}")

    def until(self, number: str, state: str) -> dict:
        end_s = time.monotonic() + 90
        while (job := self.job(number))["state"] != state:
            assert time.monotonic() < end_s, job
            time.sleep(0.02)
        return job

    def worker_pids(self) -> list[int]:
        assert self.process is not None
        listed = subprocess.run(
            ["pgrep", "-P", str(self.process.pid), "-f", "slot_process"], capture_output=True, text=True
        )
        return [int(pid) for pid in listed.stdout.split()]


@contextmanager
def running(data: Path, *arguments: str) -> Iterator[RunningService]:
    service = RunningService(data, *arguments)
    service.start()
    try:
        yield service
    finally:
        service.client.close()
        if service.process is not None and service.process.poll() is None:
            service.process.kill()
            service.process.wait()
        service._reader.join()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
