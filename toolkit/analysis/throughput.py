"""Pictures a second of workers that run side by side, counted only while all of them are at work."""

from __future__ import annotations

import math
from collections.abc import Sequence

from toolkit.core.errors import invalid


def common_window(
    starts_s: Sequence[Sequence[float]], durations_s: Sequence[Sequence[float]]
) -> tuple[float, float] | None:
    """From the last worker's first start to the first worker's last end, seconds on the workers' common clock.

    Returns
    -------
    (begin_s, end_s) or None
        None when some worker made no call, or when there was no moment at which all were at work.

    Raises
    ------
    InvalidValue
        The two do not hold the same number of workers and of calls.

    >>> common_window([[0.0, 1.0], [0.5, 1.5]], [[1.0, 1.0], [1.0, 1.0]])
    (0.5, 2.0)
    """
    if [len(row) for row in starts_s] != [len(row) for row in durations_s]:
        raise invalid("durations_s", "throughput", "as long as starts_s", [len(row) for row in durations_s])
    if not starts_s or not all(len(row) for row in starts_s):
        return None
    begin = max(row[0] for row in starts_s)
    end = min(starts[-1] + durations[-1] for starts, durations in zip(starts_s, durations_s, strict=True))
    return (begin, end) if end > begin else None


def throughput_ips(
    starts_s: Sequence[Sequence[float]], durations_s: Sequence[Sequence[float]], *, batch: int = 1
) -> float:
    """Steady-state images per second of one block.

    Workers neither start nor stop at the same moment, and one that runs alone is faster than it would be beside the
    others: so only the window in which all are at work counts, and a call that reaches over its edge counts by the
    share of its time inside.

    Parameters
    ----------
    starts_s, durations_s : sequence of sequences of float
        One row for each worker, its calls in order: start on the common clock and time taken, seconds.
    batch : int
        Images a call.

    Returns
    -------
    float
        Images/s over all workers; NaN without a common window.

    >>> throughput_ips([[0.0, 1.0]], [[1.0, 1.0]])
    1.0
    >>> throughput_ips([[0.0, 1.0], [0.5, 1.5]], [[1.0, 1.0], [1.0, 1.0]])
    2.0
    """
    window = common_window(starts_s, durations_s)
    if window is None:
        return math.nan
    begin, end = window
    calls = 0.0
    for starts, durations in zip(starts_s, durations_s, strict=True):
        for start, duration in zip(starts, durations, strict=True):
            inside = min(start + duration, end) - max(start, begin)
            if inside > 0:
                calls += inside / duration
    return calls * batch / (end - begin)
