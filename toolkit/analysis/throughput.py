"""Throughput in images per second of processes that work side by side, counted only while all of them work."""

from __future__ import annotations

import math
from collections.abc import Sequence

from toolkit.core.errors import invalid


def common_window(
    starts_s: Sequence[Sequence[float]], durations_s: Sequence[Sequence[float]]
) -> tuple[float, float] | None:
    """The time in which all workers work: from the latest first start to the earliest last end.

    Parameters
    ----------
    starts_s, durations_s : sequence of sequences of float
        Start and duration of each call of each worker, s, as for `throughput_ips`.

    Returns
    -------
    (begin_s, end_s) or None
        Begin and end of the time in which all workers work, s on a clock that the workers share; None if a worker made
        no call, or if at no time all workers worked.

    Raises
    ------
    InvalidValue
        `starts_s` and `durations_s` differ in their number of workers or of calls.

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
    """Throughput of workers over the time in which all of them work.

    Workers do not start and stop at the same moment, and a worker that runs alone is faster than a worker beside other
    workers. Therefore only the time in which all workers work counts (`common_window`); a call that is only partly
    inside this time counts by the share of its duration that is inside.

    Parameters
    ----------
    starts_s, durations_s : sequence of sequences of float
        One row for each worker: start (on a clock that all workers share) and duration of each of its calls, in
        order, s.
    batch : int
        Number of images in each call.

    Returns
    -------
    float
        Images per second of all workers together; NaN if there is no time in which all of them work.

    >>> throughput_ips([[0.0, 1.0]], [[1.0, 1.0]])
    1.0
    >>> throughput_ips([[0.0, 1.0], [0.5, 1.5]], [[1.0, 1.0], [1.0, 1.0]])
    2.0
    """
    window = common_window(starts_s, durations_s)
    if window is None:
        return math.nan
    begin, end = window
    calls = [call for pair in zip(starts_s, durations_s, strict=True) for call in zip(*pair, strict=True)]
    inside = [(min(start + took, end) - max(start, begin), took) for start, took in calls]
    return sum(inside_s / took for inside_s, took in inside if inside_s > 0) * batch / (end - begin)
