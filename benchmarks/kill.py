"""``kill -9`` of the sweeping process at random moments: no finished result is lost, and no worker stays alive.

Run: ``make bench-kill``, or ``python -m benchmarks.kill [--kills 12] [--latest 6] [--seed N]``. After each kill the
store must open and hold every measurement that was reported, and no worker may live for more than a second. At the
end the sweep must complete, another sweep must measure nothing, and no temporary picture may be left. Exits with 1 if a
check fails.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from toolkit.bench.grid import Grid
from toolkit.bench.judge import question_id
from toolkit.bench.plan import Plan
from toolkit.bench.sweep import sweep
from toolkit.contracts.fingerprint import fingerprint
from toolkit.results.store.store import Store

MARK = "ATELIER_BENCH_KILL"  # workers inherit it from the driver: it marks our processes
PATIENCE_S = 1.0
EARLIEST_S = 0.3


def grid(n_sizes: int) -> Grid:
    sizes = tuple((64 + 16 * number, 48) for number in range(n_sizes))
    return Grid(
        operations=("edge_preserving",), backends=("opencv",), sizes=sizes, workers=(1, 2), images=("coffee",)
    )


def drive(store_path: Path, n_sizes: int) -> None:
    """In the process that is killed: sweep, and print each key as soon as the store holds the measurement."""
    store = Store(store_path)
    for measurement in sweep(grid(n_sizes), skip=store.keys(), plan=Plan(blocks=1, seconds=0.05)):
        store.add(measurement)
        print(measurement.key, flush=True)


def start(folder: Path, n_sizes: int) -> subprocess.Popen[str]:
    environment = {
        **os.environ, MARK: str(folder), "TMPDIR": str(folder), "XDG_CACHE_HOME": str(folder / "cache"),
    }  # fmt: skip
    command = [sys.executable, __file__, "--drive", str(folder / "store.sqlite"), "--sizes", str(n_sizes)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def survivors(folder: Path) -> list[int]:
    """Process ids of running descendants of a driver; zombies do not count, because they have ended."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def state_of(store_path: Path) -> tuple[str, set[str]]:
    """``"ok"`` or what is wrong with the store, and the keys that it holds."""
    if not store_path.exists():
        return "ok", set()
    try:
        keys = {m.key for m in Store(store_path).all()}
        with sqlite3.connect(store_path) as db:
            return db.execute("PRAGMA integrity_check").fetchone()[0], keys
    except Exception as error:
        return f"{type(error).__name__}: {error}", set()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=12, help="how often the sweep is killed")
    parser.add_argument(
        "--latest", type=float, default=6.0, help="kill at the latest after this many seconds"
    )
    parser.add_argument("--seed", type=int, default=None, help="of the random moments")
    parser.add_argument("--drive", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--sizes", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.drive:
        drive(args.drive, args.sizes)
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-kill-") as folder:
        return kill_and_check(Path(folder), args.kills, args.latest, random.Random(args.seed))


def kill_and_check(folder: Path, kills: int, latest_s: float, chance: random.Random) -> int:
    n_sizes, store_path = 3 * kills, folder / "store.sqlite"
    reported: set[str] = set()
    broken = 0
    print(
        f"{'kill':>4} {'after':>6} {'workers':>7} {'reported':>8} {'in store':>8} {'missing':>7} {'alive':>5}  store"
    )
    for number in range(1, kills + 1):
        driver = start(folder, n_sizes)
        after_s = chance.uniform(EARLIEST_S, latest_s)
        time.sleep(after_s)
        n_workers = len(psutil.Process(driver.pid).children(recursive=True))
        driver.kill()
        said = driver.communicate()[0].splitlines()
        time.sleep(PATIENCE_S)
        alive = survivors(folder)
        reported |= {line for line in said if len(line) == 16}  # the kill may cut the last line
        state, keys = state_of(store_path)
        missing = reported - keys
        broken += bool(alive or missing or state != "ok")
        counts = f"{n_workers:7} {len(reported):8} {len(keys):8} {len(missing):7} {len(alive):5}"
        print(f"{number:4} {after_s:4.1f} s {counts}  {state}")
    before = len(state_of(store_path)[1])
    last = start(folder, n_sizes)
    last.communicate()
    again = start(folder, n_sizes)
    repeated = again.communicate()[0]
    _, keys = state_of(store_path)
    machine = fingerprint()
    wanted = {trial.key(question_id(trial, machine)) for trial in grid(n_sizes).trials()}
    left = [path.name for path in folder.glob("atelier-inputs-*")]
    print(
        f"last sweep: measured the remaining {len(keys) - before} of {len(wanted)} trials, exit code {last.returncode}"
    )
    complete = keys == wanted and reported <= keys and last.returncode == again.returncode == 0
    broken += not complete or bool(repeated) or bool(left)
    if repeated:
        print(f"another sweep measured these again: {repeated.split()}")
    if left:
        print(f"temporary pictures are left: {left}")
    print(f"{kills} kills: " + ("all checks passed" if not broken else f"{broken} checks failed"))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
