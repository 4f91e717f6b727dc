"""Descendants of planted and real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.machine.planted_tree import plant
from toolkit.machine.process_tree import cpu_ticks, descendants


def _busy_child(seconds: float) -> subprocess.Popen[bytes]:
    script = f"import time\nwhile time.process_time() < {seconds}: pass\ninput()\n"
    return subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)


def _until(is_so: Callable[[], bool]) -> bool:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def test_processor_time_of_a_child_counts_before_and_after_its_end() -> None:
    before = cpu_ticks(os.getpid()) or 0
    wanted = before + 0.3 * os.sysconf("SC_CLK_TCK")
    child = _busy_child(0.3)
    try:
        assert child.pid in descendants([os.getpid()])
        assert _until(lambda: (cpu_ticks(os.getpid()) or 0) >= wanted)
    finally:
        child.communicate(b"\n")
    assert child.pid not in descendants([os.getpid()])
    assert (cpu_ticks(os.getpid()) or 0) >= wanted


def test_a_process_name_may_hold_parentheses(tmp_path: Path) -> None:
    stat = "{pid} ({name}) S {parent} " + " ".join(["0"] * 9) + " 5 4 3 2 0\n"
    plant(
        tmp_path,
        {
            "proc/10/stat": stat.format(pid=10, name="a) (b c", parent=1),
            "proc/11/stat": stat.format(pid=11, name="x", parent=10),
            "proc/12/stat": stat.format(pid=12, name="y", parent=11),
            "proc/13/stat": stat.format(pid=13, name="z", parent=1),
        },
    )
    assert descendants([10], tmp_path) == [10, 11, 12]
    assert cpu_ticks(11, tmp_path) == 28
    assert cpu_ticks(99, tmp_path) is None
