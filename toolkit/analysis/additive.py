"""Predict the log time of a combination of settings as a sum of effects: an exact Gaussian process on categories.

A cell is a combination of settings: one value in each column, such as backend, precision, threads. Within a backend,
log time is nearly a sum of one effect for each setting. So the covariance of two cells is a sum of variances: one for
each column in which the cells have equal values, one more for such a column if the cells also have the same backend
(the leading column), and one for a cell with itself. The variances are not known beforehand: several sets of variances
are weighted by the likelihood of the observed times under each set (Bayesian model averaging), so no optimiser is
needed and a few observations suffice.

>>> cells = [[backend, threads] for backend in range(2) for threads in range(3)]
>>> model = AdditiveModel(np.array(cells))
>>> mean, spread = model.predict([0, 1, 2, 3], [0.0, -0.7, -1.0, 1.0])
>>> bool(mean[4] < mean[3]) and bool(spread[4] > spread[3])  # more threads probably help the second backend too
True
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.analysis.stats import FloatArray
from toolkit.core.errors import invalid

IntArray = npt.NDArray[np.int64]

# Prior standard deviations of log time (a factor of two is 0.69); the first, of the mean of all log times, is large
# because this mean is unknown.
_OF_ALL = 4.0
_LEADING = 1.2
_COLUMN = 0.35
_WITHIN = (0.10, 0.25, 0.55)
_CELL = (0.02, 0.05, 0.10)
_NOISE = (0.02, 0.05)


class AdditiveModel:
    """Predicts the log time of every cell (combination of settings) from the measured times of some cells.

    Parameters
    ----------
    cells : ndarray of int
        The combinations of settings, shape ``(cells, columns)``: one row for each combination, one column for each
        setting; equal values of a setting have equal numbers. The first column is the leading column (the backend): the
        effects of the other columns may differ for each value of the leading column.
    """

    def __init__(self, cells: IntArray) -> None:
        cells = np.asarray(cells, dtype=np.int64)
        if cells.ndim != 2 or min(cells.shape) < 1:
            constraint = "a table with a row for each combination of settings and a column for each setting"
            raise invalid("cells", "an additive model", constraint, cells.shape)
        alike = [np.equal.outer(column, column).astype(np.float64) for column in cells.T]
        leading = alike[0]
        n = len(cells)
        self._fixed = _OF_ALL**2 + _LEADING**2 * leading + _COLUMN**2 * _total(alike[1:], n)
        self._within = _total([one * leading for one in alike[1:]], n)
        self._diagonals = np.diag(self._fixed), np.diag(self._within)
        self._strengths = np.array(list(itertools.product(_WITHIN, _CELL, _NOISE)))

    def predict(
        self,
        observed: Sequence[int] | IntArray,
        log_times: Sequence[float] | FloatArray,
        *,
        doubts: Sequence[float] | FloatArray | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the true log time of every combination of settings, given the observed times.

        Parameters
        ----------
        observed : sequence of int
            Indices of the cells (combinations of settings) that were timed, one or more; an index may occur several
            times.
        log_times : sequence of float
            Natural log of the time of each cell in `observed`.
        doubts : sequence of float, optional
            Additional standard deviation of each log time: 0 for a time that this run measured, more for a time that
            was measured on another day.
        """
        where = np.asarray(observed, dtype=np.int64)
        times = np.asarray(log_times, dtype=np.float64)
        if where.size == 0 or where.size != times.size or not bool(np.isfinite(times).all()):
            raise invalid(
                "log_times", "an additive model", "one finite number for each index in observed", times
            )
        doubted = np.zeros(times.size) if doubts is None else np.asarray(doubts, dtype=np.float64)
        middle = float(times.mean())
        within, cell, noise = (self._strengths[:, i, None, None] ** 2 for i in range(3))
        same_cell = np.equal.outer(where, np.arange(len(self._fixed))).astype(np.float64)
        to_all = self._fixed[where] + within * self._within[where] + cell * same_cell
        among = to_all[:, :, where] + np.eye(times.size) * (noise + doubted[None, :, None] ** 2)
        solved = np.linalg.solve(
            among, np.concatenate([to_all, _stacked(times - middle, len(to_all))], axis=2)
        )
        weights = self._weights(among, times - middle, solved[:, :, -1])
        means = np.einsum("hij,hi->hj", to_all, solved[:, :, -1])
        before = self._diagonals[0] + within[:, 0] * self._diagonals[1] + cell[:, 0]
        variances = np.maximum(before - np.einsum("hij,hij->hj", to_all, solved[:, :, :-1]), 1e-12)
        mean = weights @ means
        variance = weights @ (variances + (means - mean) ** 2)
        return mean + middle, np.sqrt(variance)

    def _weights(self, among: FloatArray, times: FloatArray, solved: FloatArray) -> FloatArray:
        """The probability of each set of variances given the observed times; the probabilities add up to 1."""
        _, log_determinants = np.linalg.slogdet(among)
        log_likely = -0.5 * (solved @ times + log_determinants)
        weights: FloatArray = np.exp(log_likely - log_likely.max())
        return np.asarray(weights / weights.sum(), dtype=np.float64)


def _total(parts: Sequence[FloatArray], n: int) -> FloatArray:
    return np.sum(parts, axis=0) if parts else np.zeros((n, n))


def _stacked(values: FloatArray, count: int) -> FloatArray:
    return np.broadcast_to(values[None, :, None], (count, values.size, 1))
