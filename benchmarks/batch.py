"""A batch of 2000 pictures, 40 of them corrupt, killed twenty times: every result whole, none missing, none twice.

Run: ``make bench-batch`` (``SHORT=1``: 200 pictures, 4 kills), or ``python -m benchmarks.batch [--short]``. Pictures
are crops of those in the folder that ``ATELIER_TEST_IMAGES`` names, else of the sample photos. Exits with 1 if anything
is lost, or if the memory of the processes grows.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import psutil

import toolkit as tk
from benchmarks.kernels import photo_files
from toolkit.contracts.fingerprint import fingerprint, summary
from toolkit.images.photos import photo
from toolkit.jobs.batch_run import LEDGER_NAME
from toolkit.jobs.ledger import Ledger

SUFFIXES = (".jpg", ".png", ".webp", ".bmp", ".tif")
OPERATION = ("oil_painting", "--backend", "numba")
MOST_GROWTH = 0.05


def main() -> int:
    """Run both parts and print what was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch", description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="200 pictures, 4 corrupt ones, 4 kills")
    short = parser.parse_args().short
    count, corrupt, kills = (200, 4, 4) if short else (2000, 40, 20)
    print(summary(fingerprint()))
    with tempfile.TemporaryDirectory(prefix="atelier-batch-") as name:
        folder = Path(name) / "in"
        make_pictures(folder, count=count, corrupt=corrupt)
        missed = [
            *quiet_run(folder, Path(name) / "quiet", count=count, corrupt=corrupt, from_picture=count // 10),
            *storm(
                folder, Path(name) / "storm", Path(name) / "quiet", count=count, corrupt=corrupt, kills=kills
            ),
        ]
    for line in missed:
        print("MISSED:", line)
    return 1 if missed else 0


def make_pictures(folder: Path, *, count: int, corrupt: int) -> None:
    """Distinct crops of 64 to 1024 px in several formats; `corrupt` of them are damaged, each in one of five ways."""
    draw = random.Random(11)
    sources = [photo(file) for file in photo_files().values()]
    for number in range(count):
        suffix = SUFFIXES[number % len(SUFFIXES)]
        file = folder / f"part {number % 7}" / f"{number:04d}{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        source = draw.choice(sources)
        side = min(round(64 * 16 ** draw.random()), *source.shape[:2])
        top, left = (draw.randrange(edge - side + 1) for edge in source.shape[:2])
        tk.save(np.ascontiguousarray(source[top : top + side, left : left + side]), file)
    files = sorted(folder.rglob("*.*"))
    for number, file in enumerate(draw.sample(files, corrupt)):
        content = file.read_bytes()
        file.write_bytes(
            (
                content[: len(content) // 2],
                b"",
                b"no picture at all",
                content[: len(content) // 5],
                b"\x89PNG\r\n\x1a\n" + os.urandom(200),
            )[number % 5]
        )


def command(folder: Path, out: Path) -> list[str]:
    """The command line of the batch."""
    return [
        sys.executable,
        "-m",
        "toolkit",
        "batch",
        OPERATION[0],
        str(folder),
        str(out),
        *OPERATION[1:],
        "--json",
    ]


def quiet_run(folder: Path, out: Path, *, count: int, corrupt: int, from_picture: int) -> list[str]:
    """Run without kills, and follow the memory of the process tree from a picture on."""
    process = subprocess.Popen(command(folder, out), stdout=subprocess.PIPE, text=True)
    peaks: list[tuple[int, int]] = []
    ends = threading.Event()

    def watch() -> None:
        while not ends.wait(0.25):
            with suppress(psutil.Error):
                tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
                memory = sum(one.memory_full_info().pss for one in tree)
                peaks.append((sum(1 for _ in out.rglob("*.*g")) if out.exists() else 0, memory))

    watcher = threading.Thread(target=watch)
    watcher.start()
    said, _ = process.communicate()
    ends.set()
    watcher.join()
    found = json.loads(said)
    late = [memory for ended, memory in peaks if ended >= from_picture * 0.4]
    half = len(late) // 2
    growth = max(late[half:]) / max(late[:half]) - 1 if half else 0.0
    print(
        f"\n{count} pictures: {found['done']} done, {found['failed']} failed {found['failed_by_cause']}, "
        f"{found['images_per_s']:.1f} pictures a second"
    )
    print(
        f"  peak memory of the tree {max(m for _, m in peaks) / 1e6:.0f} MB; second half against first {growth:+.1%}"
    )
    checks = {
        f"{found['done']} done, {count - corrupt} expected": found["done"] == count - corrupt,
        f"{found['failed']} failed, {corrupt} expected": found["failed"] == corrupt == len(found["errors"]),
        f"memory grew by {growth:.1%}": growth <= MOST_GROWTH,
    }
    return [line for line, holds in checks.items() if not holds]


def storm(folder: Path, out: Path, expected: Path, *, count: int, corrupt: int, kills: int) -> list[str]:
    """Kill drivers and workers by turns, go on with the same command, and compare every result."""
    children: list[psutil.Process] = []
    for number in range(kills):
        process = subprocess.Popen(command(folder, out), stdout=subprocess.DEVNULL)
        sleep(random.uniform(1.0, 4.0))
        with suppress(psutil.Error):
            alive = psutil.Process(process.pid).children(recursive=True)
            children += alive
            victim = process.pid if number % 2 == 0 or not alive else random.choice(alive).pid
            os.kill(victim, signal.SIGKILL)
        if number % 2:
            sleep(random.uniform(0.5, 1.5))
            process.kill()
        process.wait()
    found = json.loads(subprocess.run(command(folder, out), stdout=subprocess.PIPE, text=True).stdout)
    deadline = monotonic() + 10
    while (living := [c for c in children if is_alive(c)]) and monotonic() < deadline:
        sleep(0.1)
    names = sorted(path.relative_to(expected) for path in results(expected))
    same = [
        name
        for name in names
        if (out / name).exists() and (out / name).read_bytes() == (expected / name).read_bytes()
    ]
    with Ledger(out / LEDGER_NAME) as ledger:
        rows = ledger.rows("SELECT name, state FROM jobs")
    print(
        f"\n{kills} kills: {found['done']} done, {found['failed']} failed, {len(same)} of {len(names)} results equal "
        f"those of the quiet run, {len(living)} workers left alive"
    )
    checks = {
        "a picture is missing": found["done"] == count - corrupt and found["failed"] == corrupt,
        "a result differs": len(same) == len(names) == len(results(out)) == count - corrupt,
        "the ledger has other rows": len(rows) == count == len({name for name, _ in rows}),
        "workers are left alive": not living,
        "half-written files are left": not list(out.rglob(".atelier-*.part")),
    }
    return [line for line, holds in checks.items() if not holds]


def results(folder: Path) -> list[Path]:
    """The pictures in a folder of results."""
    return [path for path in folder.rglob("*.*") if path.suffix in SUFFIXES and not path.name.startswith(".")]


def is_alive(process: psutil.Process) -> bool:
    """Whether a process runs; a dead child of a dead parent may stay a zombie."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


if __name__ == "__main__":
    sys.exit(main())
