"""The short form of ``benchmarks/workers.py``: two against one, and the best setting against the usual guess."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_two_are_compared_with_one_and_the_best_with_the_guess(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.workers", "--short"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    found = re.search(
        r"^oil_painting +\w+, .+  (\d+\.\d\d)  .*  (FASTER|SLOWER|SAME|CAN'T TELL)$", answer.stdout, re.M
    )
    assert found and float(found[1]) > 0, answer.stdout
    assert "minima missed" in answer.stdout.splitlines()[-1]
