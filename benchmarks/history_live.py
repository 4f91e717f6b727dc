"""Live runs of a plug-in whose source gets slower: is the change found, dated to its run, and its source named?"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import median_abs_deviation

SLOWER, SLOWER_ON_A_NOISY_MACHINE = 1.08, 1.20
MOST_NOISE = 0.04
"""A machine whose unchanged runs scatter by more than this share is noisy."""
UNCHANGED, MORE, CHANGED_AT = 12, 12, 7

PLUGIN = '''"""Blurs a picture again and again."""

from toolkit.contracts.operation import Operation


def _kernel(cv2):
    def blur(image):
        for _ in range({repeats}):
            blurred = cv2.GaussianBlur(image, (31, 31), 0)
        return blurred

    return blur


OPERATION = Operation(name="blurs_again", summary=__doc__, kernels={{"opencv": _kernel}})
'''
REPEATS = 200


def write_plugin(path: Path, *, repeats: int) -> None:
    """Write the plug-in; its time is that of so many repeats."""
    path.write_text(PLUGIN.format(repeats=repeats))


def measure_once(path: Path, store: Path) -> None:
    """One short run, as every night: three blocks of fresh processes."""
    command = [sys.executable, "-m", "toolkit", "bench", path.stem, "--plugin", str(path), "--size", "64x48"]
    command += ["--images", "coffee", "--fresh", "--store", str(store), "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def history(store: Path) -> dict[str, Any]:
    """What ``atelier history --json`` prints."""
    command = [sys.executable, "-m", "toolkit", "history", "--json", "--store", str(store)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def noise_of(runs_s: list[float]) -> float:
    """Robust standard deviation of unchanged runs, as a share of their median."""
    return float(median_abs_deviation(runs_s, scale="normal") / np.median(runs_s))


def live_part(folder: Path) -> bool:
    """Print what the history says of 24 runs; whether it is what was planted."""
    plugin, store = folder / "blurs_again.py", folder / "live.sqlite"
    write_plugin(plugin, repeats=REPEATS)
    print(
        f"Live: {UNCHANGED} unchanged runs, then {MORE} with a plug-in that is slower from the {CHANGED_AT}th on"
    )
    for _ in range(UNCHANGED):
        measure_once(plugin, store)
    so_far = history(store)
    early, noise = so_far["alerts"], noise_of(so_far["series"][0]["newest_runs_s"])
    slower = SLOWER if noise <= MOST_NOISE else SLOWER_ON_A_NOISY_MACHINE
    print(
        f"  after {UNCHANGED} unchanged runs: {len(early)} alerts, noise between runs {noise:.1%} "
        f"(limit {MOST_NOISE:.0%}), so the plug-in gets {slower - 1:.0%} slower"
    )
    began = []
    for number in range(1, MORE + 1):
        if number == CHANGED_AT:
            write_plugin(plugin, repeats=round(slower * REPEATS))
        began.append(datetime.now(UTC).isoformat())
        measure_once(plugin, store)
    found = history(store)["alerts"]
    for alert in found:
        print(f"  {alert['sentence']}")
    is_named = len(found) == 1 and any(plugin.name in str(cause) for cause in found[0]["causes"])
    first, after = began[CHANGED_AT - 1 : CHANGED_AT + 1]
    is_dated = len(found) == 1 and first[:19] <= str(found[0]["date"])[:19] <= after[:19]
    print(f"  source named: {is_named}; dated to its run: {is_dated}\n")
    return not early and is_named and is_dated
