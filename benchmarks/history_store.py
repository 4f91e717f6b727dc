"""A store with a year of simulated nightly runs, and how long the history takes to open it."""

from __future__ import annotations

import datetime
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.results.factory import MACHINE, make_measurement
from toolkit.contracts.measurement import Measurement
from toolkit.core import units
from toolkit.results.store.pruning import prune
from toolkit.results.store.store import Store
from toolkit.results.store.store_file import StoreFile

FIRST_NIGHT = datetime.datetime(2025, 11, 1, 3, tzinfo=datetime.UTC)
OPERATIONS = ("stylization", "pencil_sketch", "oil_painting", "color_pencil")
BACKENDS = ("opencv", "numba", "numpy")


def nightly(count: int, *, calls: int) -> list[Measurement]:
    """A measurement of each of so many trials, to be repeated every night."""
    found = []
    for number in range(count):
        operation, backend = OPERATIONS[number % 4], BACKENDS[number // 4 % 3]
        megapixels = 0.25 + 0.25 * (number // 12)
        found.append(make_measurement(operation, backend=backend, megapixels=megapixels, calls=calls))
    return found


def at_night(measurement: Measurement, night: int, *, factor: float) -> Measurement:
    """The same trial measured in another night, `factor` times as slow; every month has sources of its own."""
    began = FIRST_NIGHT + datetime.timedelta(days=night)
    blocks = tuple(
        replace(
            block,
            started=(began + datetime.timedelta(seconds=block.round)).isoformat(timespec="milliseconds"),
            workers=tuple(
                replace(run, samples_s=tuple(s * factor for s in run.samples_s)) for run in block.workers
            ),
        )
        for block in measurement.blocks
    )
    provenance = {
        "commit": f"{night // 30:040x}",
        "dirty": False,
        "time": began.isoformat(timespec="seconds"),
    }
    machine = {**MACHINE, "system": {**MACHINE["system"], "kernel": f"6.{night // 100}"}}
    return replace(
        measurement,
        blocks=blocks,
        environment_id=f"{night // 30:012x}",
        provenance=provenance,
        fingerprint=machine,
    )


def build(path: Path, *, runs: int, trials: int, calls: int = 6, seed: int = 3) -> float:
    """Fill a store; a tenth of the trials gets 7 % slower at some night. Returns the seconds that it took.

    Each measurement has three blocks of `calls` samples; a real one has hundreds.
    """
    started = time.perf_counter()
    random = np.random.default_rng(seed)
    asked = nightly(trials, calls=calls)
    changes = {n: int(random.integers(30, max(31, runs - 10))) for n in range(0, trials, 10)}
    store = Store(path)
    for night in range(runs):
        noise = np.exp(0.02 * random.standard_normal(trials))
        slower = [1.07 if n in changes and night >= changes[n] else 1.0 for n in range(trials)]
        rows = zip(asked, noise, slower, strict=True)
        store.add_all(at_night(m, night, factor=float(e * s)) for m, e, s in rows)
    return time.perf_counter() - started


def open_times(path: Path) -> tuple[float, float, float]:
    """Seconds of ``atelier history``: the first time, again (the best of five), and after one more night."""
    first, later = _opened(path), min(_opened(path) for _ in range(5))
    store = Store(path)
    newest = {m.trial: m for m in store.latest()}
    nights = len(
        {m.began[:10] for m in store.find(operation="stylization", backend="opencv", all_times=True)}
    )
    store.add_all(at_night(m, nights, factor=1.0) for m in newest.values())
    return first, later, _opened(path)


def _opened(path: Path) -> float:
    started = time.perf_counter()
    command = [sys.executable, "-m", "toolkit", "history", "--store", str(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def prune_sizes(path: Path) -> str:
    """What pruning all but the last ten nights gives back, and whether `atelier history` says the same after it."""
    nights = datetime.timedelta(
        days=int(StoreFile(path).rows("SELECT max(began_s) FROM points")[0][0] // 86400)
    )
    now = datetime.datetime.fromtimestamp(0, datetime.UTC) + nights
    shown = _shown(path)
    started = time.perf_counter()
    done = prune(StoreFile(path), older_than_s=10 * 86400, now=now)
    took_s = time.perf_counter() - started
    sizes = f"{units.byte_count(done.before_bytes)} to {units.byte_count(done.after_bytes)}"
    same = "the same" if _shown(path) == shown else "ANOTHER"
    why = f", free space is left: {done.why_large}" if done.why_large else ""
    return f"{done.n_measurements} measurements, {sizes}, {units.seconds(took_s)}, {same} history{why}"


def _shown(path: Path) -> str:
    command = [sys.executable, "-m", "toolkit", "history", "--json", "--store", str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
