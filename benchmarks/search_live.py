"""A search on this machine: does it end in time, is its winner the best, does its configuration hold, does it go on.

Prints one line for each question, beside the load of the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from toolkit.bench.compare import compare_live
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.notation import parse_trial
from toolkit.contracts.trial import Trial
from toolkit.results.store.store import Store
from toolkit.studies.collection import collect
from toolkit.studies.tune.configuration import read_configuration
from toolkit.studies.tune.space import space_of

_COMPARE_S = 150.0
_GRID_CELLS = 24


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--operation", default="anime")
    parser.add_argument("--size", default="512x512")
    parser.add_argument("--least-db", type=float, default=40.0)
    parser.add_argument("--budget-s", type=float, default=300.0)
    parser.add_argument(
        "--grid", action="store_true", help="also measure a grid of 24 cells and compare with its best"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="atelier-search-") as folder:
        run(args, Path(folder))


def run(args: argparse.Namespace, folder: Path) -> None:
    store, out = folder / "store.sqlite", folder / "found.yaml"
    words = ["tune", args.operation, "--size", args.size, "--min-agreement-db", str(args.least_db)]
    words += [
        "--budget",
        f"{args.budget_s:.0f}s",
        "--store",
        str(store),
        "--out",
        str(out),
        "--force",
        "--json",
    ]
    command = [sys.executable, "-m", "toolkit", *words]
    spent_s = _killed_thrice(command, store, step_s=args.budget_s / 12)
    started = time.monotonic()
    answer = subprocess.run(command, capture_output=True, text=True)
    spent_s += time.monotonic() - started
    told = json.loads(answer.stdout)
    print("\n".join(told["sentences"]))
    _say(
        f"exit code {answer.returncode}; {spent_s:.0f} s in all after three kill -9, {args.budget_s:.0f} s asked"
    )
    _say(_measured_twice(Store(store).all()))
    if not told["candidates"]:
        return
    winner = parse_trial(next(iter(told["candidates"])))
    width, height = (int(side) for side in args.size.split("x"))
    if out.exists():
        _compare("the configuration and the study's winner", winner, read_configuration(out).trial)
    else:
        _say(
            "no winner is named, and no configuration is written; the best candidate stands in for the winner"
        )
    eager = space_of(args.operation, size=(width, height))
    plain = next(
        trial
        for trial in eager.trials
        if trial.backend == "torch"
        and trial.placement.options == ()
        and trial.placement.precision == "fp32"
        and trial.placement.threads == max(one.placement.threads for one in eager.trials)
    )
    _compare("plain torch eager and the winner", winner, plain)
    if args.grid:
        cells = [trial for trial in eager.trials if not trial.placement.options][:_GRID_CELLS]
        collected = collect(cells, store=Store(folder / "grid.sqlite"), quiet=True)
        able = [
            row
            for row in collected.rows
            if row.is_ok and (row.measurement.agreement is None or _db(row.measurement) >= args.least_db)
        ]
        best = min(able, key=lambda row: row.latency.value)
        _say(f"best of a grid of {len(cells)} cells: {best.label} {1e3 * best.latency.value:.1f} ms")
        if best.trial != winner:
            _compare("the best of the grid and the winner", winner, best.trial)


def _killed_thrice(command: list[str], store: Path, *, step_s: float) -> float:
    """Start the search and kill it, three times; returns the seconds that it ran."""
    spent_s = 0.0
    for number in range(3):
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(step_s * (1 + number % 2))
        process.send_signal(signal.SIGKILL)
        process.wait()
        spent_s += time.monotonic() - started
        kept = len(Store(store).all()) if store.exists() else 0
        _say(f"kill -9 after {spent_s:.0f} s: {kept} measurements are kept")
    return spent_s


def _measured_twice(measurements: list[Measurement]) -> str:
    """How many blocks were kept, and whether any cell was looked at again after an undisturbed look."""
    starts = [block.started for m in measurements for block in m.blocks]
    looks = [m for m in measurements if len(m.blocks) == 1 and m.memory is None]
    counts = Counter(m.key for m in looks if not m.suspect)
    twice = sum(count > 1 for count in counts.values())
    n_disturbed = sum(bool(m.suspect) for m in looks)
    return (
        f"{len(set(starts))} blocks in {len(measurements)} measurements; {twice} cells were looked at twice; "
        f"{n_disturbed} of {len(looks)} looks were disturbed, and may be repeated"
    )


def _compare(what: str, one: Trial, other: Trial) -> None:
    design, _ = compare_live([one, other], budget_s=_COMPARE_S)
    verdict = design.verdict()
    ends = (
        "no interval"
        if verdict.low is None or verdict.high is None
        else f"[{verdict.low:.3f}, {verdict.high:.3f}]"
    )
    _say(
        f"{what}: {verdict.outcome}, ratio {verdict.ratio:.3f} {ends}, {verdict.n_rounds} rounds; {verdict.reason}"
    )


def _db(m: Measurement) -> float:
    assert m.agreement is not None
    return float("inf") if m.agreement.psnr_db is None else m.agreement.psnr_db


def _say(sentence: str) -> None:
    print(f"load {os.getloadavg()[0]:.1f}: {sentence}", flush=True)


if __name__ == "__main__":
    main()
