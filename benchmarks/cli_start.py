"""How long ``atelier --help`` takes beside ``python -c "import numpy"``: the promise is less than twice.

Run: ``make bench-help``. Both take turns in fresh processes, so that a change of load meets both.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15
PROMISE = 2.0


def main() -> int:
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
    print(f"{'ratio':15} {ratio:6.2f} (promised: under {PROMISE:g})")
    return 0 if ratio < PROMISE else 1


if __name__ == "__main__":
    sys.exit(main())
