"""Run a batch on a scheduler and two workers, each in a mount namespace that hides the folders, through kills.

It prints whether the files equal those of the same batch on this machine, whether anything is lost when a worker and
the scheduler are killed, and what an item of 512 x 512 x 3 costs in the executor dask beside processes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

import toolkit as tk
from toolkit.core.child_process import module_environment
from toolkit.images.photos import photo
from toolkit.workers.executor import EXECUTORS, Item, Work

_PYTHON = sys.executable


class Cluster:
    """A scheduler and workers as processes; the workers cannot see a folder, where the machine allows to hide it."""

    def __init__(self, hidden: Path, logs: Path) -> None:
        self._hidden, self._logs = hidden, logs
        self.is_hidden = subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0
        self.scheduler = self._scheduler("0")
        self.workers = [self.worker(name) for name in ("left", "right")]

    def _scheduler(self, port: str) -> subprocess.Popen[bytes]:
        log = self._logs / "scheduler.log"
        log.unlink(missing_ok=True)
        process = self._start(["scheduler", "--host", "127.0.0.1", "--port", port], log)
        while "Scheduler at:" not in (text := log.read_text()):
            time.sleep(0.05)
        self.address = text.partition("Scheduler at:")[2].split()[0]
        return process

    def worker(self, name: str) -> subprocess.Popen[bytes]:
        """Start a worker."""
        options = f"--nworkers 1 --nthreads 1 --no-nanny --name {name} --resources measure=1".split()
        place = ["--local-directory", str(self._logs / name)]
        return self._start(["worker", self.address, *options, *place], self._logs / f"{name}.log", hides=True)

    def restart_scheduler(self) -> None:
        """Kill the scheduler, and start it and its workers again."""
        port = self.address.rpartition(":")[2]
        for process in (self.scheduler, *self.workers):
            process.kill()
            process.wait()
        self.scheduler = self._scheduler(port)
        self.workers = [self.worker(name) for name in ("left", "right")]

    def _start(self, arguments: list[str], log: Path, *, hides: bool = False) -> subprocess.Popen[bytes]:
        program, *rest = arguments
        command = [_PYTHON, "-m", f"distributed.cli.dask_{program}", "--no-dashboard", *rest]
        if hides and self.is_hidden:
            script = f'mount -t tmpfs none "{self._hidden}" && exec "$@"'
            command = ["unshare", "-m", "sh", "-c", script, "sh", *command]
        with log.open("ab") as file:
            return subprocess.Popen(command, stdout=file, stderr=file, env=module_environment())

    def close(self) -> None:
        """End all processes."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


def _pictures(folder: Path, count: int, size: int) -> None:
    folder.mkdir()
    image = np.tile(photo("coffee"), (1 + size // 400, 1 + size // 600, 1))
    for number in range(count):
        part = np.roll(image, 7 * number, axis=1)[:size, :size]
        tk.save(np.ascontiguousarray(part), folder / f"{number}.jpg")


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.jpg")}


def _batch(seen: Path, out: str, **options: object) -> float:
    began = time.perf_counter()
    summary = tk.batch("oil_painting", seen / "in", seen / out, **options)
    print(f"{out:<10} {summary.done} done, {summary.failed} failed, {time.perf_counter() - began:.1f} s")
    for name, error in summary.errors[:3]:
        print(f"           {name}: {error}")
    return time.perf_counter() - began


def _killed(seen: Path, cluster: Cluster, count: int) -> None:
    """One batch through the death of a worker and of the scheduler."""

    def kill() -> None:
        while len(list((seen / "killed").glob("*.jpg"))) < count // 4:
            time.sleep(0.05)
        cluster.workers[0].kill()
        while len(list((seen / "killed").glob("*.jpg"))) < count // 2:
            time.sleep(0.05)
        cluster.restart_scheduler()

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    _batch(seen, "killed", executor="dask", executor_options={"address": cluster.address})
    thread.join()


def _overhead(count: int) -> None:
    image = np.random.default_rng(0).integers(0, 255, (512, 512, 3), np.uint8)
    work = Work(operation="bicubic", backend="opencv", params=(("scale", 2),))
    for name in ("processes", "dask"):
        with EXECUTORS[name].open(work, workers=1) as pool:
            list(pool.run(Item(index=i, source=image) for i in range(32)))
            began = time.perf_counter()
            found = list(pool.run(Item(index=i, source=image) for i in range(count)))
            wall_s = time.perf_counter() - began
        run_s = sum(outcome.stages_s["run"] for outcome in found)
        print(f"{name:<10} {1e3 * (wall_s - run_s) / count:.2f} ms an item beside running it")


def main() -> int:
    """Run the checks; returns 1 if a file differs or is lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    is_short = parser.parse_args().short
    count, size = (24, 300) if is_short else (200, 1200)
    with tempfile.TemporaryDirectory() as seen_, tempfile.TemporaryDirectory() as logs:
        seen = Path(seen_)
        _pictures(seen / "in", count, size)
        cluster = Cluster(seen, Path(logs))
        print(f"workers in mount namespaces of their own, without the folders: {cluster.is_hidden}")
        try:
            _batch(seen, "here")
            _batch(seen, "local", executor="dask")
            _batch(seen, "cluster", executor="dask", executor_options={"address": cluster.address})
            _killed(seen, cluster, count)
        finally:
            cluster.close()
        expected = _contents(seen / "here")
        wrong = [out for out in ("local", "cluster", "killed") if _contents(seen / out) != expected]
        print(f"{len(expected)} files; differing runs: {', '.join(wrong) or 'none'}")
    _overhead(64 if is_short else 512)
    return 1 if wrong or len(expected) != count else 0


if __name__ == "__main__":
    sys.exit(main())
