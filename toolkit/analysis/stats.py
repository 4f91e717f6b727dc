"""What one configuration costs: an estimate over processes, with an interval that keeps its promise.

The unit of evidence is the process. Samples inside one process share its memory layout, its page cache and its
thread placement, so they are not independent: each process is reduced to one number, the median of log time, and
the interval is Student's t over these numbers. ``tests/truth`` checks its coverage (93-97 % for 5, 10 and 30
processes, heavy tails within them, normal and t(3) between them).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from toolkit.analysis.distributions import t_quantile
from toolkit.core.errors import invalid

FloatArray = npt.NDArray[np.float64]
Blocks = Sequence[Sequence[float] | FloatArray] | FloatArray
"""One row of samples in seconds for each process; rows may differ in length."""

MIN_PROCESSES = 3
"""With fewer processes there is no interval: a spread cannot be told from two numbers."""


@dataclass(frozen=True)
class Estimate:
    """A geometric mean over processes and its interval, in the unit of what was measured.

    Attributes
    ----------
    value : float
        Geometric mean of one number per process; NaN when nothing valid was measured.
    low, high : float or None
        Ends of the interval; None below three processes ("one process, no interval").
    n_processes, n_samples : int
        Processes (blocks) and raw samples behind the value.
    level : float
        Confidence of the interval, 0.95 unless asked otherwise.
    """

    value: float
    low: float | None
    high: float | None
    n_processes: int
    n_samples: int
    level: float = 0.95

    @property
    def has_interval(self) -> bool:
        """Whether enough processes were measured for an interval."""
        return self.low is not None and self.high is not None

    def scaled(self, factor: float) -> Estimate:
        """The same in another unit: the value and the ends of its interval times `factor`, which is above 0.

        Examples
        --------
        >>> Estimate(0.25, 0.2, None, 2, 50).scaled(1000)
        Estimate(value=250.0, low=200.0, high=None, n_processes=2, n_samples=50, level=0.95)
        """
        low, high = (None if end is None else end * factor for end in (self.low, self.high))
        return replace(self, value=self.value * factor, low=low, high=high)

    @property
    def relative_half_width(self) -> float | None:
        """Half the interval as a fraction of the value: 0.02 is plus or minus 2 %.

        Examples
        --------
        >>> round(Estimate(1.0, 0.98, 1 / 0.98, 5, 50).relative_half_width, 3)
        0.02
        """
        if self.low is None or self.high is None or self.low <= 0:
            return None
        return math.expm1(math.log(self.high / self.low) / 2)

    @property
    def log_standard_error(self) -> float | None:
        """Standard error of the log of the value, read back from the interval."""
        if self.low is None or self.high is None or self.low <= 0:
            return None
        t = t_quantile((1 + self.level) / 2, self.n_processes - 1)
        return math.log(self.high / self.low) / 2 / t


def process_medians(blocks: Blocks) -> FloatArray:
    """Median of log time of each process.

    Parameters
    ----------
    blocks : sequence of sequences of float
        Samples in seconds, one row for each process; empty rows (nothing was measured) are left out.

    Returns
    -------
    ndarray
        Shape ``(processes,)``, float64, natural log of seconds. A process with a sample that is not a finite
        number above 0 gives NaN: it is not dropped in silence.

    Examples
    --------
    >>> np.exp(process_medians([[1.0, 2.0, 4.0], [3.0], []])).round(6).tolist()
    [2.0, 3.0]
    """
    if isinstance(blocks, np.ndarray) and blocks.ndim == 2 and blocks.shape[1] > 0:
        valid = np.all(np.isfinite(blocks) & (blocks > 0), axis=1)
        logs = np.log(np.where(valid[:, None], blocks, 1.0))
        return np.asarray(np.where(valid, np.median(logs, axis=1), np.nan), dtype=np.float64)
    return np.array([log_median(block) for block in blocks if len(block)], dtype=np.float64)


def log_median(samples: Sequence[float] | FloatArray) -> float:
    """Median of the log of one process's samples in seconds; NaN if empty or if any is not a finite number above 0."""
    values = np.asarray(samples, dtype=np.float64)
    if values.size == 0 or not bool(np.all(np.isfinite(values) & (values > 0))):
        return math.nan
    return float(np.median(np.log(values)))


def estimate(blocks: Blocks, *, level: float = 0.95) -> Estimate:
    """Time of one configuration: geometric mean over processes of each process's median.

    Parameters
    ----------
    blocks : sequence of sequences of float
        Steady samples in seconds, one row for each process.
    level : float
        Confidence of the interval, in (0, 1).

    Returns
    -------
    Estimate
        In seconds.

    Examples
    --------
    >>> e = estimate([[1.0, 1.1, 1.0], [1.02, 1.0, 1.04], [0.98, 0.99, 0.97]])
    >>> round(e.value, 3), round(e.low, 3), round(e.high, 3), e.n_processes, e.n_samples
    (1.0, 0.951, 1.051, 3, 9)
    >>> estimate([[1.0, 1.1, 1.2]]).has_interval
    False
    """
    medians = process_medians(blocks)
    n_samples = sum(len(block) for block in blocks)
    return _over_processes(medians, n_samples=n_samples, level=level)


def geometric_mean(values: Sequence[float] | FloatArray, *, level: float = 0.95) -> Estimate:
    """The same estimate where each process gives one number already, such as images per second.

    Parameters
    ----------
    values : sequence of float
        One number above 0 for each process, in any unit.
    level : float
        Confidence of the interval, in (0, 1).

    Examples
    --------
    >>> geometric_mean([2.0, 8.0]).value
    4.0
    """
    array = np.asarray(values, dtype=np.float64).reshape(-1)
    return _over_processes(process_medians(array.reshape(-1, 1)), n_samples=array.size, level=level)


def _over_processes(logs: FloatArray, *, n_samples: int, level: float) -> Estimate:
    if not 0 < level < 1:
        raise invalid("level", "estimate", "a number between 0 and 1", level)
    n = int(logs.size)
    if n == 0 or not bool(np.all(np.isfinite(logs))):
        return Estimate(math.nan, None, None, n, n_samples, level)
    mean = float(logs.mean())
    if n < MIN_PROCESSES:
        return Estimate(math.exp(mean), None, None, n, n_samples, level)
    half = t_quantile((1 + level) / 2, n - 1) * float(logs.std(ddof=1)) / math.sqrt(n)
    return Estimate(math.exp(mean), math.exp(mean - half), math.exp(mean + half), n, n_samples, level)


@dataclass(frozen=True)
class VarianceParts:
    """Where the spread of log time comes from.

    Attributes
    ----------
    within : float
        Variance of log time inside one process, as its median feels it: a rare outlier counts little, two modes and
        neighbours that resemble each other count in full.
    between : float
        Variance of process medians beyond what ``within`` explains; 0 when it explains all.
    """

    within: float
    between: float


def variance_parts(blocks: Blocks) -> VarianceParts:
    """Split the spread into within and between processes.

    A median of r independent normal samples has variance ``pi/2 * within / r``. ``within`` is what makes this true
    of the medians of the first and second half of each process; what the process medians show beyond it is
    ``between``.

    Parameters
    ----------
    blocks : sequence of sequences of float
        Samples in seconds, one row for each process.

    Examples
    --------
    >>> variance_parts([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]).within
    0.0
    """
    logs = [np.log(np.asarray(block, dtype=np.float64)) for block in blocks if len(block)]
    if len(logs) < 2 or not all(bool(np.all(np.isfinite(row))) for row in logs):
        return VarianceParts(math.nan, math.nan)
    halves = [
        (row.size // 2, float(np.median(row[: row.size // 2]) - np.median(row[row.size // 2 :])))
        for row in logs
        if row.size >= 2
    ]
    squares = [size * apart**2 / 2 for size, apart in halves]
    within = float(np.mean(squares)) * 2 / math.pi if squares else 0.0
    medians = np.array([np.median(row) for row in logs])
    explained = math.pi / 2 * within * float(np.mean([1.0 / row.size for row in logs]))
    return VarianceParts(within, max(0.0, float(medians.var(ddof=1)) - explained))
