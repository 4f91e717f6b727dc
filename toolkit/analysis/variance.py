"""Variance of times within and between processes, and the number of iterations in a process that uses time best."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.stats import Blocks

FEWEST_ITERATIONS, MOST_ITERATIONS = 5, 101
# A variance between processes that is estimated from a few processes is often 0, which would put all iterations into a
# single process. So the variance between processes is assumed to be at least this share of the variance within one
# process.
_LEAST_BETWEEN_SHARE = 0.1


@dataclass(frozen=True)
class VarianceParts:
    """Two parts of the variance of log time (natural log of seconds): a variance of 0.0004 is a spread of about 2 %.

    Attributes
    ----------
    within : float
        Variance inside a process, as far as it changes the process's median: rare outliers count little; two groups
        of times and a dependence between successive samples count in full.
    between : float
        Variance of the medians of the processes, less the part that `within` causes; at least 0.
    """

    within: float
    between: float


def variance_parts(blocks: Blocks) -> VarianceParts:
    """Split the variance of log time into the part within processes and the part between them.

    The median of ``r`` independent normal samples has the variance ``pi / 2 * within / r`` (asymptotic variance of
    the median). ``within`` is chosen so that ``pi / 2 * within / r`` fits the medians of the first and the second
    half of each process. ``between`` is the variance of the process medians minus ``pi / 2 * within / r``.

    Parameters
    ----------
    blocks : sequence of sequences of float
        Samples in seconds, one row for each process.

    Returns
    -------
    VarianceParts
        The two parts of the variance; NaN with fewer than two processes, or with a sample that is not a finite number
        above 0.

    Examples
    --------
    >>> variance_parts([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]).within
    0.0
    """
    logs = [np.log(np.asarray(block, dtype=np.float64)) for block in blocks if len(block)]
    if len(logs) < 2 or not all(bool(np.all(np.isfinite(row))) for row in logs):
        return VarianceParts(math.nan, math.nan)
    squares = []
    for row in logs:
        half = row.size // 2
        if half:
            apart = float(np.median(row[:half]) - np.median(row[half:]))
            squares.append(half * apart**2 / 2)
    within = float(np.mean(squares)) * 2 / math.pi if squares else 0.0
    medians = np.array([np.median(row) for row in logs])
    explained = math.pi / 2 * within * float(np.mean([1.0 / row.size for row in logs]))
    return VarianceParts(within, max(0.0, float(medians.var(ddof=1)) - explained))


def allocate_iterations(parts: VarianceParts, *, process_cost_s: float, iteration_cost_s: float) -> int:
    """The number of iterations in each process that gives the narrowest confidence interval for a given total time.

    Optimal allocation of two-stage sampling (Cochran, *Sampling Techniques*, 1977, section 10.6; for benchmarks
    Kalibera and Jones, 2013)::

        r = ceil(sqrt(process_cost_s / iteration_cost_s * (pi / 2 * within) / between))

    where ``pi / 2 * within / r`` is the variance of the median of ``r`` iterations.

    Parameters
    ----------
    parts : VarianceParts
        The two parts of the variance of log time.
    process_cost_s : float
        Time that one more process takes besides its timed iterations, s.
    iteration_cost_s : float
        Time of one iteration, s.

    Returns
    -------
    int
        Odd number of iterations, so that the median is one of the samples; 5 to 101.

    Examples
    --------
    >>> allocate_iterations(VarianceParts(0.0004, 0.0001), process_cost_s=1.0, iteration_cost_s=0.01)
    27
    >>> allocate_iterations(VarianceParts(0.0001, 0.01), process_cost_s=1.0, iteration_cost_s=0.1)
    5
    """
    within = math.pi / 2 * parts.within
    between = max(parts.between, _LEAST_BETWEEN_SHARE * within)
    if not (math.isfinite(between) and between > 0 and iteration_cost_s > 0):
        return FEWEST_ITERATIONS
    wanted = math.ceil(math.sqrt(process_cost_s / iteration_cost_s * within / between))
    return min(MOST_ITERATIONS, max(FEWEST_ITERATIONS, wanted + (wanted + 1) % 2))
