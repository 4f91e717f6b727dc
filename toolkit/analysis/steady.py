"""Warm-up found from the samples, not from a fixed count.

The series of log times is cut into levels by optimal partitioning (Jackson et al., 2005) with a BIC-like penalty,
and the last level, with the ones before it that do not differ from it in practice, is the steady state (after
Barrett et al., *Virtual Machine Warmup Blows Hot and Cold*, 2017). A run whose last level is shorter than half of
it has not been seen in a steady state: "never steady" is an answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.stats import Blocks, FloatArray

SMALLEST_CHANGE = 0.01
"""Levels closer than 1 % are one level."""

_SHORT = 6
_PENALTY = 3.0
_LONG = 20
_MAX_POINTS = 120
_FLOOR = 0.002


@dataclass(frozen=True)
class Steady:
    """Where the steady state starts.

    Attributes
    ----------
    start : int
        Samples to leave out at the beginning. When never steady: half of them, the best that can be done.
    is_steady : bool
        False when the level still changed in the second half of the samples ("never steady").
    n_samples : int
        Length of the series (or of the shared profile).
    """

    start: int
    is_steady: bool
    n_samples: int


def find_steady(samples_s: Sequence[float] | FloatArray) -> Steady:
    """Find the warm-up of one process.

    Parameters
    ----------
    samples_s : sequence of float
        Times in seconds in the order in which they were taken, each above 0, the first call not included. Two
        samples or fewer show no warm-up; with three to five only leading samples that stand far off all later ones
        are left out; more are cut into levels.

    Returns
    -------
    Steady

    Examples
    --------
    >>> find_steady([3.0, 2.0, 1.0, 1.01, 1.0, 0.99, 1.0, 1.01, 1.0, 1.0, 0.99, 1.0]).start
    2
    >>> find_steady([1.0, 1.01, 0.99]).start
    0
    >>> find_steady([1.0, 1.01, 1.0, 0.99, 1.0, 1.01, 1.0, 0.99, 1.5, 1.51, 1.5, 1.49]).is_steady
    False
    """
    values = np.asarray(samples_s, dtype=np.float64).reshape(-1)
    if values.size <= 2 or not bool(np.all(np.isfinite(values) & (values > 0))):
        return Steady(0, True, int(values.size))
    logs = np.log(values)
    return _of_short(logs) if values.size < _SHORT else _of_levels(logs)


def find_shared_warm_up(blocks: Blocks) -> Steady:
    """Find the warm-up that the processes of one configuration share.

    Every process of a configuration warms up in the same way, so the median over processes at each position shows
    it with far less noise than any one of them.

    Parameters
    ----------
    blocks : sequence of sequences of float
        Samples in seconds, one row for each process. Rows shorter than the middle one do not take part, and the
        shortest of the rest sets how far the profile reaches.

    Returns
    -------
    Steady

    Examples
    --------
    >>> find_shared_warm_up([[2.0, 1.0, 1.1], [2.2, 1.1, 1.0], [2.1, 1.0, 1.0]]).start
    1
    """
    rows = [np.asarray(block, dtype=np.float64) for block in blocks if len(block)]
    if not rows:
        return Steady(0, True, 0)
    middle = sorted(row.size for row in rows)[len(rows) // 2]
    rows = [row for row in rows if row.size >= middle]
    table = np.stack([row[:middle] for row in rows])
    if not bool(np.all(np.isfinite(table) & (table > 0))):
        return Steady(0, True, middle)
    logs = np.log(table)
    # Each process has a level of its own; only the shape along the process is shared.
    centred = logs - np.median(logs, axis=1, keepdims=True)
    return find_steady(np.exp(np.median(centred, axis=0)))


def steady_part(blocks: Blocks) -> tuple[Steady, list[FloatArray]]:
    """The samples of each process without the warm-up that they share.

    Parameters
    ----------
    blocks : sequence of sequences of float
        Samples in seconds, one row for each process.

    Returns
    -------
    (Steady, list of ndarray)
        At least half of each row stays: the median of one sample is no median.

    Examples
    --------
    >>> steady, rows = steady_part([[2.0, 1.0, 1.1], [2.2, 1.1, 1.0], [2.1, 1.0, 1.0]])
    >>> steady.start, [row.tolist() for row in rows]
    (1, [[1.0, 1.1], [1.1, 1.0], [1.0, 1.0]])
    """
    rows = [np.asarray(block, dtype=np.float64) for block in blocks]
    steady = find_shared_warm_up(rows)
    return steady, [row[min(steady.start, row.size // 2) :] for row in rows]


def _of_short(logs: FloatArray) -> Steady:
    for start in range(logs.size // 2, 0, -1):
        early, later = logs[:start], logs[start:]
        far = max(5 * SMALLEST_CHANGE, 3 * float(np.ptp(later)))
        if float(np.abs(early - np.median(later)).min()) > far:
            return Steady(start, True, int(logs.size))
    return Steady(0, True, int(logs.size))


def _of_levels(logs: FloatArray) -> Steady:
    n = int(logs.size)
    width = math.ceil(n / _MAX_POINTS)
    points = np.array([np.median(logs[i : i + width]) for i in range(0, n, width)]) if width > 1 else logs
    noise, inflation = _noise(points)
    calm = _without_lone_outliers(points)
    edges = _levels(calm, penalty=_PENALTY * math.log(calm.size) * inflation * noise**2)
    start = edges[-1]
    level = float(np.median(points[start:]))
    for edge in reversed(edges[:-1]):
        if abs(float(np.median(points[edge:start])) - level) > max(SMALLEST_CHANGE, 2 * noise):
            break
        start = edge
    if start * width > n // 2:
        return Steady(n // 2, False, n)
    return Steady(start * width, True, n)


def _noise(points: FloatArray) -> tuple[float, float]:
    """Standard deviation about the level, and by how much autocorrelation inflates the variance of a mean.

    Differences show the noise whatever the level does. Their upper quartile, which is 1.15 standard deviations of a
    normal difference, ignores rare outliers and counts the jumps between two modes. Neighbours that resemble each
    other more than points further apart give the autocorrelation away,
    once the straight trend is taken out: a trend is a change to be found, not noise.
    """
    centred = np.arange(points.size) - (points.size - 1) / 2
    points = points - centred * float((centred * points).sum() / (centred**2).sum())
    near, far = (
        float(np.quantile(np.abs(points[lag:] - points[:-lag]), 0.75)) / 1.15 / math.sqrt(2) for lag in (1, 4)
    )
    near = max(near, _FLOOR)
    if points.size < _LONG or far <= near:
        return near, 1.0
    correlation = 1 - (near / far) ** 2
    return far, (1 + correlation) / (1 - correlation)


def _without_lone_outliers(points: FloatArray) -> FloatArray:
    """Running median; the first point is kept, since a slow first sample is what is looked for."""
    reach = 2 if points.size >= _LONG else 1
    calm = [np.median(points[max(0, i - min(i, reach)) : i + min(i, reach) + 1]) for i in range(points.size)]
    calm[-1] = np.median(points[-3:])
    return np.array(calm)


def _levels(points: FloatArray, *, penalty: float) -> list[int]:
    """First index of each level of the least-squares partition that pays ``penalty`` for each further level."""
    n = points.size
    sums = np.concatenate([[0.0], np.cumsum(points)])
    squares = np.concatenate([[0.0], np.cumsum(points**2)])
    best = np.zeros(n + 1)
    previous = np.zeros(n + 1, dtype=np.int64)
    best[0] = -penalty
    for end in range(1, n + 1):
        starts = np.arange(end)
        total = sums[end] - sums[:end]
        costs = best[:end] + squares[end] - squares[:end] - total**2 / (end - starts) + penalty
        previous[end] = int(np.argmin(costs))
        best[end] = costs[previous[end]]
    edges, end = [], n
    while end > 0:
        end = int(previous[end])
        edges.append(end)
    return edges[::-1]
