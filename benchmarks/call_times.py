"""The median time of a call, by the clock of the GPU or of the computer."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any


def on_gpu_s(torch: Any, work: Callable[[], object]) -> float:
    """Median time of a call by the GPU's own clock."""
    taken = []
    for number in range(25):
        start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        work()
        stop.record()
        torch.cuda.synchronize()
        if number >= 5:
            taken.append(start.elapsed_time(stop) / 1e3)
    return statistics.median(taken)


def by_the_clock_s(work: Callable[[], object]) -> float:
    """Median wall time of a call that returns when it is finished."""
    taken = []
    for number in range(25):
        start = time.perf_counter()
        work()
        if number >= 5:
            taken.append(time.perf_counter() - start)
    return statistics.median(taken)
