"""The check of held-out cells sees a law that holds, and one that does not; the command ends with what holds."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.scaling import held_out_errors
from tests.results.factory import make_measurement
from toolkit.results.rows.rates import rate_tables

CELLS = [(mp, n) for mp in (0.25, 0.5, 1, 2) for n in (1, 2)]


def tables(latency_s):
    return rate_tables(
        make_measurement(megapixels=mp, workers=n, latency_s=latency_s(mp, n), jitter=0.01) for mp, n in CELLS
    )


def test_cells_that_follow_the_law_are_predicted():
    found = held_out_errors(tables(lambda mp, n: 0.1 * mp**1.05 * (1 + 0.05 * (n - 1))))
    assert len(found) == 8
    assert max(abs(error) for *_, error, _ in found) < 0.10


def test_a_cell_that_does_not_is_seen():
    found = held_out_errors(tables(lambda mp, n: 0.1 * mp * (2 if (mp, n) == (1, 2) else 1)))
    errors = {(round(mp, 2), n): abs(error) for _, mp, n, error, _ in found}
    assert max(errors, key=errors.get) == (1, 2)
    assert errors[1, 2] > 0.5


def test_the_command_ends_with_what_holds():
    command = [sys.executable, "-m", "benchmarks.scaling", "--tables", "100"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("holds")
