"""How often a gate is right: a plug-in without a change, and one that is slower by 8 %, each 40 times.

Run: ``make bench-gate`` (``SHORT=1``: 5 times each; ``MINUTES=20``: stop then), or ``python -m benchmarks.gate``. Each
finished run is kept in ``build/gate_runs.jsonl``: the same command goes on after an interruption, as long as the
sources that measure and judge, and the machine, are the same. Exits with 1 if a limit is broken and with 5 if runs are
missing. Runs that could not tell are counted apart, each with its reason.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from toolkit.contracts.fingerprint import fingerprint, summary
from toolkit.contracts.identity import machine_id

PLUGIN = """
import toolkit as tk

def builder(cv2):
    def kernel(image):
        for _ in range({times}):
            turned = cv2.blur(image, (5, 5))
        return turned
    return kernel

OPERATION = tk.Operation(name="blurs", summary="Blurs a picture many times.", kernels={{"opencv": builder}})
"""
TIMES = 200
OUTCOMES = {0: "PASSED", 4: "REGRESSION", 5: "COULD NOT TELL"}


SERIES = {"no change": TIMES, "8 % slower": round(1.08 * TIMES)}
ROOT = Path(__file__).resolve().parents[1]
DECIDING = ("analysis", "bench", "workers", "studies/gate")
RUNS_FILE = ROOT / "build" / "gate_runs.jsonl"
UNFINISHED = 5


@dataclass(frozen=True)
class GateRun:
    """One finished gate: its series, its outcome, its first reason, and its time."""

    series: str
    outcome: str
    reason: str
    took_s: float


def main() -> int:
    """Run what is missing of both series and print what was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="5 runs of each kind")
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="stop after so many minutes; go on later"
    )
    parser.add_argument("--again", action="store_true", help="forget the finished runs and begin anew")
    args = parser.parse_args()
    wanted = 5 if args.short else 40
    end_s = time.monotonic() + 60 * args.minutes
    print(summary(fingerprint()))
    if args.again:
        RUNS_FILE.unlink(missing_ok=True)
    of_these = conditions()
    runs = finished(of_these)
    if runs:
        print(f"{len(runs)} runs were finished before, of the same sources on this machine: {RUNS_FILE.name}")
    try:
        with tempfile.TemporaryDirectory(prefix="atelier-gate-") as name:
            make_repository(Path(name))
            while (series := next_series(runs, wanted=wanted)) and time.monotonic() < end_s:
                runs.append(run_gate(Path(name), series))
                note(runs[-1], of_these)
                print(f"  {len(runs)}: {series}: {runs[-1].outcome} in {runs[-1].took_s:.0f} s", flush=True)
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on.")
    missed = print_rates(runs, wanted=wanted)
    for line in missed:
        print("MISSED:", line)
    if missed:
        return 1
    return UNFINISHED if next_series(runs, wanted=wanted) else 0


def next_series(runs: list[GateRun], *, wanted: int) -> str:
    """The series with the fewest runs, so that both grow alike; empty if each has as many as are wanted."""
    counts = {series: sum(run.series == series for run in runs) for series in SERIES}
    series = min(counts, key=lambda one: counts[one])
    return series if counts[series] < wanted else ""


def conditions() -> dict[str, str]:
    """What decides the rates: sources that measure and judge, and this machine. Only runs under these are counted."""
    sources = hashlib.sha256()
    for folder in DECIDING:
        for file in sorted((ROOT / "toolkit" / folder).rglob("*.py")):
            sources.update(file.read_bytes())
    return {"sources": sources.hexdigest()[:16], "machine": machine_id(fingerprint())}


def finished(of_these: dict[str, str]) -> list[GateRun]:
    """The runs of the file that were made under these conditions."""
    if not RUNS_FILE.exists():
        return []
    rows = [json.loads(line) for line in RUNS_FILE.read_text().splitlines()]
    return [GateRun(**row["run"]) for row in rows if row["conditions"] == of_these]


def note(run: GateRun, of_these: dict[str, str]) -> None:
    """Append a finished run to the file."""
    RUNS_FILE.parent.mkdir(exist_ok=True)
    with RUNS_FILE.open("a") as file:
        file.write(json.dumps({"conditions": of_these, "run": asdict(run)}) + "\n")


def print_rates(runs: list[GateRun], *, wanted: int) -> list[str]:
    """Print the outcomes of each series, with what is missing; returns the limits that are broken."""
    missed = []
    for series in SERIES:
        found = [run for run in runs if run.series == series][:wanted]
        counted = Counter(run.outcome for run in found)
        reasons = Counter(run.reason for run in found if run.outcome == "COULD NOT TELL")
        left = f" ({wanted - len(found)} of {wanted} runs are missing)" if len(found) < wanted else ""
        print(
            f"{series}: " + (", ".join(f"{n} {outcome}" for outcome, n in counted.items()) or "no run") + left
        )
        print("".join(f"  {n} x {reason}\n" for reason, n in reasons.items()), end="")
        most = {"COULD NOT TELL": round(0.1 * wanted), "REGRESSION": round(0.05 * wanted), "PASSED": wanted}
        if series != "no change":
            most |= {"REGRESSION": wanted, "PASSED": 0}
        missed += [
            f"{series}: {counted[outcome]} {outcome}, at most {limit}"
            for outcome, limit in most.items()
            if counted[outcome] > limit
        ]
        n_found = counted["REGRESSION"]
        if series != "no change" and len(found) >= wanted and n_found < 0.9 * wanted:
            missed.append(f"{series}: {n_found} REGRESSION, at least {0.9 * wanted:.0f}")
    return missed


def make_repository(folder: Path) -> None:
    """A git repository with the plug-in in its first commit."""
    write(folder, TIMES)
    who = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)


def write(folder: Path, times: int) -> None:
    """The plug-in, whose time is proportional to `times`."""
    (folder / "blurs.py").write_text(PLUGIN.format(times=times))


def run_gate(folder: Path, series: str) -> GateRun:
    """One gate of a series."""
    write(folder, SERIES[series])
    command = [
        sys.executable,
        "-m",
        "toolkit",
        "gate",
        "blurs@opencv:input=320x240,threads=1",
        "--json",
        "-q",
    ]
    command += ["--plugin", str(folder / "blurs.py"), "--baseline", "main"]
    began_s = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == -signal.SIGINT or done.returncode == 130:
        raise KeyboardInterrupt
    if done.returncode not in OUTCOMES:
        raise SystemExit(done.stderr)
    cell = json.loads(done.stdout)["cells"][0]
    reason = cell["reasons"][0].partition(": for example")[0].partition("(")[0]
    return GateRun(series, OUTCOMES[done.returncode], reason, time.monotonic() - began_s)


if __name__ == "__main__":
    sys.exit(main())
