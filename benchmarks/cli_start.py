"""Time of ``atelier --help``, compared with that of ``python -c "import numpy"``.

Run: ``make bench-help``. Both run in fresh processes in turns, so that a change of load affects both.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15
PROMISE = 0.5


def main() -> int:
    argparse.ArgumentParser(
        prog="python -m benchmarks.cli_start", description=__doc__.splitlines()[0]
    ).parse_args()
    commands = {
        "import numpy": [sys.executable, "-c", "import numpy"],
        "atelier --help": [str(Path(sys.executable).with_name("atelier")), "--help"],
    }
    times_s: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(ROUNDS + 2):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            if number >= 2:  # the first two fill the page cache
                times_s[name].append(time.perf_counter() - started)
    for name, taken_s in times_s.items():
        print(f"{name:15} {statistics.median(taken_s) * 1000:6.0f} ms (median of {ROUNDS})")
    helping, importing = times_s["atelier --help"], times_s["import numpy"]
    ratio = statistics.median(a / b for a, b in zip(helping, importing, strict=True))
    print(f"{'ratio':15} {ratio:6.2f} (required: under {PROMISE:g})")
    return 0 if ratio < PROMISE else 1


if __name__ == "__main__":
    sys.exit(main())
