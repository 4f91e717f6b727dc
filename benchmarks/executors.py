"""What executors cost: milliseconds an item beyond the call, beside a pickle through a pipe; and a storm of kills.

Run: ``make bench-executors``, or ``python -m benchmarks.executors [--short]``. Exits with 1 if a minimum is missed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from toolkit.contracts.backend import Placement
from toolkit.contracts.fingerprint import fingerprint, summary
from toolkit.contracts.operation import load_plugin
from toolkit.images.image import Image
from toolkit.workers.executor import EXECUTORS, Work
from toolkit.workers.item import Item

PLUGIN = Path(__file__).parents[1] / "tests/plugins/behaves.py"
MOST_MS = {"processes": 1.0, "dask": 4.0}
LEAST_OVER_PROCESS_PER_JOB = 5.0
ROUNDS = 5


def main() -> int:
    """Run every part and print which minima were missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.executors", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--short", action="store_true", help="fewer items and kills")
    short = parser.parse_args().short
    print(summary(fingerprint()))
    missed = [*overhead(items=100 if short else 400), *warm_or_new(), *storm(tasks=800 if short else 8000)]
    for line in missed:
        print("MISSED:", line)
    return 1 if missed else 0


def overhead(*, items: int) -> list[str]:
    """Milliseconds an item of 512 x 512 x 3 in and out, beyond the seconds of the call itself; one worker, in turns."""
    image = np.tile(np.arange(512, dtype=np.uint8)[:, None, None], (1, 512, 3))
    image[0, 0] = 0
    work = Work(operation="behaves", plugins=((str(PLUGIN), load_plugin(PLUGIN)),))
    names = [name for name in EXECUTORS if name != "process_per_job"]
    spent: dict[str, list[float]] = {name: [] for name in [*names, "pickle through a pipe"]}
    pools = {name: EXECUTORS[name].open(work, workers=1, in_flight=4) for name in names}
    try:
        for _ in range(ROUNDS):
            for name in random.sample(names, len(names)):
                started = perf_counter()
                outcomes = pools[name].run(Item(index=i, source=image) for i in range(items))
                run_s = sum(
                    outcome.stages_s["run"] for outcome in outcomes
                )  # keeps no output, as the pipe keeps none
                spent[name].append((perf_counter() - started - run_s) / items * 1e3)
            spent["pickle through a pipe"].append(pickled_ms(image, items))
    finally:
        for pool in pools.values():
            pool.close()
    print(
        f"\nOverhead an item, 512 x 512 x 3 in and out, medians of {ROUNDS} rounds of {items} items, in turns"
    )
    for name, values in spent.items():
        print(f"  {name:24}{median(values):8.2f} ms ({min(values):.2f} to {max(values):.2f})")
    return [
        f"{name}: {median(spent[name]):.2f} ms an item, at most {most:g} asked"
        for name, most in MOST_MS.items()
        if name in spent and median(spent[name]) > most
    ]


def pickled_ms(image: Image, items: int) -> float:
    """The same array through a pipe to another process and back, pickled."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_echo, args=(theirs,))
    process.start()
    ours.send(image)
    ours.recv()
    started = perf_counter()
    for _ in range(items):
        ours.send(image)
        ours.recv()
    spent = (perf_counter() - started) / items * 1e3
    ours.send(None)
    process.join()
    return spent


def _echo(pipe: multiprocessing.connection.Connection) -> None:
    while (image := pipe.recv()) is not None:
        pipe.send(image)


def warm_or_new() -> list[str]:
    """Warm processes against a new process for each picture, AnimeGANv2 512 x 512, untrained."""
    image = np.random.default_rng(0).integers(0, 256, (512, 512, 3), np.uint8)
    params = (("weights", "untrained"),)
    seconds: dict[str, list[float]] = {"processes": [], "process_per_job": []}
    work = Work(operation="anime", params=params, placement=Placement(threads=1))
    pools = {name: EXECUTORS[name].open(work, workers=2) for name in seconds}
    try:
        for number in range(3):
            for name in list(seconds)[:: 1 if number % 2 else -1]:
                started = perf_counter()
                outcomes = list(pools[name].run(Item(index=i, source=image) for i in range(6)))
                seconds[name].append((perf_counter() - started) / 6)
                assert all(outcome.is_ok for outcome in outcomes), outcomes[0].error
    finally:
        for pool in pools.values():
            pool.close()
    ratios = [b / a for a, b in zip(*seconds.values(), strict=True)]
    print(
        f"\nAnimeGANv2 512 x 512, untrained, 2 workers: {median(seconds['processes']) * 1e3:.0f} ms a picture warm,"
    )
    print(
        f"  {median(seconds['process_per_job']) * 1e3:.0f} ms with a new process; ratio {median(ratios):.1f}"
    )
    is_met = median(ratios) >= LEAST_OVER_PROCESS_PER_JOB
    return (
        []
        if is_met
        else [f"warm processes {median(ratios):.1f} x, at least {LEAST_OVER_PROCESS_PER_JOB:g} asked"]
    )


def storm(*, tasks: int) -> list[str]:
    """Kill workers 20 to 300 ms apart while many small tasks run."""
    image = np.tile(np.arange(32, dtype=np.uint8)[:, None, None], (1, 32, 3))
    image[0, 0] = 0
    work = Work(operation="behaves", plugins=((str(PLUGIN), load_plugin(PLUGIN)),))
    ends, kills, before = threading.Event(), [0], set(os.listdir("/dev/shm"))
    with EXECUTORS["processes"].open(work, workers=2, in_flight=16) as pool:

        def kill_some() -> None:
            while kills[0] < 100 and not ends.wait(random.uniform(0.02, 0.3)):
                with suppress(ProcessLookupError, IndexError):
                    os.kill(random.choice(pool.pids), signal.SIGKILL)
                    kills[0] += 1

        killer = threading.Thread(target=kill_some)
        killer.start()
        outcomes = list(pool.run(Item(index=i, source=image) for i in range(tasks)))
        ends.set()
        killer.join()
        pids = pool.pids
    alive = [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    left = set(os.listdir("/dev/shm")) - before
    failed = sum(not outcome.is_ok for outcome in outcomes)
    print(
        f"\n{kills[0]} kills under {tasks} tasks: {len(outcomes)} ended, {failed} failed, "
        f"{len(alive)} processes and {len(left)} shared files left"
    )
    is_met = len(outcomes) == tasks and not failed and not alive and not left
    return [] if is_met else ["the storm lost or failed something"]


if __name__ == "__main__":
    sys.exit(main())
