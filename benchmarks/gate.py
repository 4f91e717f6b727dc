"""How often a gate is right: a plug-in without a change, and one that is slower by 8 %, each 40 times.

Run: ``make bench-gate`` (``SHORT=1``: 5 times each), or ``python -m benchmarks.gate [--short]``. Exits with 1 if a
minimum is missed. Runs that could not tell are counted apart, each with its reason.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from toolkit.contracts.fingerprint import fingerprint, summary

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


def main() -> int:
    """Run both series and print what was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="5 runs of each kind")
    runs = 5 if parser.parse_args().short else 40
    print(summary(fingerprint()))
    missed = []
    with tempfile.TemporaryDirectory(prefix="atelier-gate-") as name:
        folder = Path(name)
        make_repository(folder)
        for title, times, wrong, most_wrong in (
            ("no change", TIMES, "REGRESSION", round(0.05 * runs)),
            ("8 % slower", round(1.08 * TIMES), "PASSED", 0),
        ):
            found = [run_gate(folder, times) for _ in range(runs)]
            counted = Counter(outcome for outcome, _ in found)
            reasons = Counter(reason for outcome, reason in found if outcome == "COULD NOT TELL")
            print(f"{title}: " + ", ".join(f"{n} {outcome}" for outcome, n in counted.items()))
            print("".join(f"  {n} x {reason}\n" for reason, n in reasons.items()), end="")
            if counted[wrong] > most_wrong:
                missed.append(f"{title}: {counted[wrong]} {wrong}, at most {most_wrong}")
            if counted["COULD NOT TELL"] > 0.1 * runs:
                missed.append(
                    f"{title}: {counted['COULD NOT TELL']} could not tell, at most {0.1 * runs:.0f}"
                )
            if title == "8 % slower" and counted["REGRESSION"] < 0.9 * runs:
                missed.append(f"{title}: {counted['REGRESSION']} found, at least {0.9 * runs:.0f}")
    for line in missed:
        print("MISSED:", line)
    return 1 if missed else 0


def make_repository(folder: Path) -> None:
    """A git repository with the plug-in in its first commit."""
    write(folder, TIMES)
    who = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)


def write(folder: Path, times: int) -> None:
    """The plug-in, whose time is proportional to `times`."""
    (folder / "blurs.py").write_text(PLUGIN.format(times=times))


def run_gate(folder: Path, times: int) -> tuple[str, str]:
    """The outcome of one gate, and its first reason."""
    write(folder, times)
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
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in OUTCOMES:
        raise SystemExit(done.stderr)
    cell = json.loads(done.stdout)["cells"][0]
    return OUTCOMES[done.returncode], cell["reasons"][0].partition("(")[0]


if __name__ == "__main__":
    sys.exit(main())
