"""Measure the peak memory of a small process with a large parent, by ``ru_maxrss`` and by the toolkit's counters.

Notebook ``05_trust`` uses this file to show why the toolkit never reads ``ru_maxrss``.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass

from toolkit.core.errors import TrialFailed
from toolkit.machine.memory import TreeSampler, high_water_bytes

_CHILD = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True); input()"
_PARENT = f"""
import subprocess, sys
held = b"x" * int(sys.argv[1])
child = subprocess.Popen([sys.executable, "-c", {_CHILD!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(child.pid, child.stdout.readline().decode().strip(), flush=True)
input()
"""
_KIB = 1 if sys.platform == "darwin" else 1024  # number of bytes in one unit of ru_maxrss


@dataclass(frozen=True)
class InheritedPeak:
    """Peak memory of a bare interpreter that a large process started, bytes.

    Attributes
    ----------
    parent_bytes : int or None
        Peak memory of the parent process by its own high-water mark (VmHWM).
    ru_maxrss_bytes : int
        Peak memory of the child process by the field ``ru_maxrss`` of ``getrusage``.
    rss_peak_bytes : int
        Peak memory of the child process by its own high-water mark (VmHWM).
    pss_peak_bytes : int or None
        Peak of the child's proportional set size: each shared page is divided among the processes that use the page.
    """

    parent_bytes: int | None
    ru_maxrss_bytes: int
    rss_peak_bytes: int
    pss_peak_bytes: int | None


def inherited_peak(held_bytes: int = 200_000_000) -> InheritedPeak:
    """Read the peak memory of a small process; a large process, which allocates `held_bytes`, starts it.

    Raises
    ------
    TrialFailed
        The large process could not be started, for example because memory is short.
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(held_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert parent.stdout is not None
        told = parent.stdout.readline().split()
        if len(told) != 2:
            raise TrialFailed(
                f"could not start a process that allocates {held_bytes} bytes; choose fewer bytes."
            )
        child, maxrss = map(int, told)
        with TreeSampler([child]) as sampler:
            time.sleep(0.1)
        found = sampler.peak
        return InheritedPeak(
            parent_bytes=high_water_bytes(parent.pid).value,
            ru_maxrss_bytes=maxrss * _KIB,
            rss_peak_bytes=found.rss_peak_bytes,
            pss_peak_bytes=found.pss_peak_bytes,
        )
    finally:
        parent.kill()  # the child then reads the end of its input and ends too
        parent.communicate()
