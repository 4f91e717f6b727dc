"""How long a move of the tuner takes, from Python to the exact picture, beside the operation's own time.

Photos of 600 x 400 px, at which the exact picture is computed at once; the browser's part is not in these figures.
"""

from __future__ import annotations

import os
import statistics
import time

import toolkit as tk

MOVES = 20
MOVED = {"stylization": "sigma_s", "oil_painting": "size"}


def moves_s(operation: str, param: str) -> tuple[list[float], list[float]]:
    """Seconds from each move to its exact picture, and seconds of the operation alone."""
    tuner = tk.tuner(operation, "coffee")
    assert tuner.result is not None  # the first call may compile
    whole_s, own_s = [], []
    for number in range(MOVES):
        started = time.perf_counter()
        tuner.set(**{param: 10 + number})
        assert tuner.result is not None
        whole_s.append(time.perf_counter() - started)
        own_s.append(tuner.took_s)
    tuner.close()
    return whole_s, own_s


def main() -> None:
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for operation, param in MOVED.items():
        whole_s, own_s = moves_s(operation, param)
        added_s = sorted(whole - own for whole, own in zip(whole_s, own_s, strict=True))
        print(
            f"{operation}: op {1e3 * statistics.median(own_s):.1f} ms; move to exact picture op "
            f"+ {1e3 * statistics.median(added_s):.1f} ms (median), op + {1e3 * added_s[int(0.9 * MOVES)]:.1f} ms (p90)"
        )


if __name__ == "__main__":
    main()
