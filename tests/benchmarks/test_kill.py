"""The short form of ``benchmarks/kill.py``: the driver is killed twice."""

import subprocess
import sys
from pathlib import Path


def test_a_killed_driver_loses_nothing_and_leaves_nothing_running():
    script = Path(__file__).parents[2] / "benchmarks" / "kill.py"
    answer = subprocess.run(
        [sys.executable, str(script), "--kills", "2", "--latest", "2"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stdout.splitlines()[-1] == "2 kills: all checks passed"
