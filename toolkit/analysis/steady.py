"""Find the warm-up, in which calls are still slow, and the steady state after it from the measured times.

Change-point detection: optimal partitioning (Jackson et al., 2005) cuts the series of log times into levels, with a
penalty for each level like that of the Bayesian information criterion (BIC). The last level, together with preceding
levels that differ from the last level by less than 1 %, is the steady state (after Barrett et al., *Virtual Machine
Warmup Blows Hot and Cold*, 2017). When the steady state is shorter than half of the series, the answer is "never
steady".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.least_squares import fit_line
from toolkit.analysis.stats import Blocks, FloatArray

SMALLEST_CHANGE = 0.01
"""Levels of the times of calls that differ by less than this fraction (1 %) count as one level."""

_SHORT = 6
"""Length of the shortest series of samples that is cut into levels."""

_PENALTY = 3.0
"""Each further level must reduce the sum of squares of a series by this factor x log(n) x the variance of the noise."""

_LONG = 20
"""Fewest points from which autocorrelation is estimated; with fewer points it is assumed to be 0."""

_MAX_POINTS = 120
"""A longer series is reduced to medians of neighbouring points, because partitioning takes quadratic time."""

_FLOOR = 0.002
"""Smallest assumed noise: standard deviation of log time, 0.2 %."""


@dataclass(frozen=True)
class Steady:
    """The sample with which the steady state of a series of call times starts.

    Attributes
    ----------
    start : int
        Number of samples to leave out at the beginning; half of all samples when the times never become steady.
    is_steady : bool
        Whether the times become steady; False if their level still changed in the second half of the samples.
    n_samples : int
        Number of samples searched; for several processes, the number of positions at which their median was taken.
    """

    start: int
    is_steady: bool
    n_samples: int

    def part_after(self, samples: FloatArray) -> FloatArray:
        """Samples of one process without the warm-up; at least half of all samples, for a reliable median."""
        return samples[min(self.start, samples.size // 2) :]


def find_steady(samples_s: Sequence[float] | FloatArray) -> Steady:
    """Find the warm-up (first calls, which are slow) in the times of one process.

    Parameters
    ----------
    samples_s : sequence of float
        Times in seconds in the order of the calls, without the first call. A series of up to two samples shows no
        warm-up. In a series of three to five samples, the warm-up is the leading samples that are far from all later
        samples. A series of six or more samples is cut into levels. A series with a value that is not a finite number
        above 0 shows no warm-up.

    Returns
    -------
    Steady
        The length of the warm-up, and whether the times become steady.

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

    Processes of one configuration warm up in the same way, so the median over processes at each position shows the
    warm-up with much less noise than a single process.

    Parameters
    ----------
    blocks : sequence of sequences of float
        Samples in seconds, one row for each process. Rows shorter than the median length are left out; longer
        rows are cut to that length.

    Returns
    -------
    Steady
        The length of the shared warm-up, and whether the times become steady.

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
    # Processes differ in their level but warm up alike, so the times of each process are divided by their own median
    # before the median over processes is taken.
    centred = logs - np.median(logs, axis=1, keepdims=True)
    return find_steady(np.exp(np.median(centred, axis=0)))


def steady_part(blocks: Blocks) -> tuple[Steady, list[FloatArray]]:
    """Samples of each process without the warm-up that the processes share.

    Parameters
    ----------
    blocks : sequence of sequences of float
        Samples in seconds, one row for each process.

    Returns
    -------
    (Steady, list of ndarray)
        The warm-up, and the rows without the warm-up; at least half of the samples of each row remain.

    Examples
    --------
    >>> steady, rows = steady_part([[2.0, 1.0, 1.1], [2.2, 1.1, 1.0], [2.1, 1.0, 1.0]])
    >>> steady.start, [row.tolist() for row in rows]
    (1, [[1.0, 1.1], [1.1, 1.0], [1.0, 1.0]])
    """
    rows = [np.asarray(block, dtype=np.float64) for block in blocks]
    steady = find_shared_warm_up(rows)
    return steady, [steady.part_after(row) for row in rows]


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
    """Standard deviation of log time about its level, and the factor by which autocorrelation raises a mean's variance.

    Noise and factor are estimated from differences between points, which changes of the level hardly affect. For normal
    noise, the upper quartile of the absolute difference of two points is 1.15 standard deviations of that
    difference; this quartile ignores rare outliers and includes jumps between two levels. Differences at lag 1
    that are smaller than differences at lag 4 show a first-order autocorrelation ``rho``; the factor is ``(1 +
    rho) / (1 - rho)``. A linear trend is removed first, because a trend is a change of the level and would
    raise the noise.
    """
    positions = np.arange(points.size, dtype=np.float64)
    points = points - fit_line(positions, points).slope * positions
    near, far = (
        float(np.quantile(np.abs(points[lag:] - points[:-lag]), 0.75)) / 1.15 / math.sqrt(2) for lag in (1, 4)
    )
    near = max(near, _FLOOR)
    if points.size < _LONG or far <= near:
        return near, 1.0
    correlation = 1 - (near / far) ** 2
    return far, (1 + correlation) / (1 - correlation)


def _without_lone_outliers(points: FloatArray) -> FloatArray:
    """Running median of 3 or 5 points, of fewer at the start of the series, so that a slow first sample is kept."""
    reach = 2 if points.size >= _LONG else 1
    calm = [np.median(points[max(0, i - min(i, reach)) : i + min(i, reach) + 1]) for i in range(points.size)]
    calm[-1] = np.median(points[-3:])
    return np.array(calm)


def _levels(points: FloatArray, *, penalty: float) -> list[int]:
    """First index of each level: the partition with the least sum of squares plus ``penalty`` for each further level.

    Optimal partitioning (Jackson et al., 2005), a dynamic programme over the end of the last level, O(n squared).
    """
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
