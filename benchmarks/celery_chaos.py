"""A batch on Celery workers through kills of its front, of Redis and of workers: nothing is lost, nothing is wrong.

For each seed a batch of pictures runs on two workers; the front (the command itself) is killed five times and started
again, Redis three times, a whole worker three times, and children of the workers all the while. Then every file must be
that of the same batch on this machine, no job failed, and no process left. ``--short``: one seed, one kill of each.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil

import toolkit as tk
from benchmarks.queue_processes import RedisServer, Worker, wait_until
from toolkit.core.child_process import module_environment
from toolkit.images.photos import photo


def pictures(folder: Path, count: int) -> None:
    folder.mkdir()
    image = photo("coffee")
    for number in range(count):
        tk.save(
            np.ascontiguousarray(np.roll(image, 7 * number, axis=1)[:300, :400]), folder / f"{number:03d}.png"
        )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.png")}


class Storm:
    """A batch and what is killed while it runs."""

    def __init__(self, folder: Path, out: str, seed: int) -> None:
        self._random = random.Random(seed)
        self._command = [
            sys.executable, "-m", "toolkit", "batch", "oil_painting", str(folder / "in"), str(folder / out),
            "--quiet",
        ]  # fmt: skip
        self._out = folder / out
        logs = folder / f"redis-{seed}"
        logs.mkdir()
        self.server = RedisServer(logs)
        self.workers = [Worker(self.server, threads=1) for _ in range(2)]
        self.deaths = {"front": 0, "redis": 0, "worker": 0, "child": 0}
        self._start_front()

    def _start_front(self) -> None:
        command = [*self._command, "--cluster", self.server.broker]
        self.front = subprocess.Popen(command, env=module_environment(), stderr=subprocess.DEVNULL)

    def kill_front(self) -> None:
        self.front.kill()
        self.front.wait()
        self._start_front()

    def kill_redis(self) -> None:
        self.server.kill()
        time.sleep(self._random.uniform(0, 1))
        self.server.start()

    def kill_worker(self) -> None:
        number = self._random.randrange(len(self.workers))
        self.workers[number].kill()
        self.workers[number] = Worker(self.server, threads=1)

    def kill_child(self) -> None:
        slots = [one for one in self._family() if "slot_process" in " ".join(_words(one))]
        if slots:
            with suppress(psutil.NoSuchProcess):
                self._random.choice(slots).kill()

    def run(self, kills: dict[str, int], total: int) -> int:
        """Spread the kills over the batch; returns the exit code of the last front."""
        plan = [what for what, count in kills.items() for _ in range(count)]
        self._random.shuffle(plan)
        for number, what in enumerate(plan, 1):
            due = number * total // (len(plan) + 2)
            wait_until(
                lambda due=due: len(contents(self._out)) >= due or self.front.poll() is not None,
                timeout_s=600,
            )
            if self.front.poll() is not None:
                if self.front.returncode == 0:
                    break
                self._start_front()
            getattr(self, f"kill_{what}")()
            self.deaths[what] += 1
        while self.front.wait(timeout=600) not in (0, 4):
            self._start_front()
        return self.front.returncode

    def _family(self) -> list[psutil.Process]:
        found = []
        for worker in self.workers:
            with suppress(psutil.NoSuchProcess):
                found += worker.family
        return found

    def close(self) -> int:
        """End everything; returns how many processes are left."""
        family = self._family()
        for worker in self.workers:
            worker.process.send_signal(signal.SIGTERM)
        for worker in self.workers:
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(timeout=20)
        _, left = psutil.wait_procs(family, timeout=10)
        for process in left:
            process.kill()
        self.server.kill()
        return len(left)


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    is_short = parser.parse_args().short
    count = 40 if is_short else 300
    kills = {"front": 1, "redis": 1, "worker": 1, "child": 2} if is_short else {
        "front": 5, "redis": 3, "worker": 3, "child": 20,
    }  # fmt: skip
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["ATELIER_HOME"] = str(folder / "home")
        pictures(folder / "in", count)
        tk.batch("oil_painting", folder / "in", folder / "here")
        expected = contents(folder / "here")
        for seed in (1,) if is_short else (1, 2, 3):
            began = time.perf_counter()
            storm = Storm(folder, f"out-{seed}", seed)
            code = storm.run(kills, count)
            n_left = storm.close()
            found = contents(folder / f"out-{seed}")
            n_lost = len(set(expected) - set(found))
            n_other = sum(found[one] != expected[one] for one in found)
            print(
                f"seed {seed}: {len(found)} of {count} pictures, {n_lost} lost, {n_other} differ, exit code {code}, "
                f"{n_left} processes left; killed: {storm.deaths}; {time.perf_counter() - began:.0f} s",
                flush=True,
            )
            wrong += bool(n_lost or n_other or n_left or code)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
