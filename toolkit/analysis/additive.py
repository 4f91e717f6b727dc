"""An additive model of log time over combinations of choices: an exact Gaussian process on categories.

A cell is one choice in each column, such as backend, precision, threads. Log time is nearly additive in the choices
within a backend, so the covariance of two cells is a sum of parts: one for each column in which they agree, one for
each column in which they agree within the same leading choice (the backend), and one for the cell itself. How strong
these parts are is not known beforehand: several strengths are weighed by how likely they make the observed times
(Bayesian model averaging), so nothing is fitted by an optimiser and a few observations suffice.

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

# Standard deviations of log time; a factor of two is 0.69. The mean of all cells is nearly unknown.
_OF_ALL = 4.0
_LEADING = 1.2
_COLUMN = 0.35
_WITHIN = (0.10, 0.25, 0.55)
_CELL = (0.02, 0.05, 0.10)
_NOISE = (0.02, 0.05)


class AdditiveModel:
    """Predicts the log time of every cell from the timed cells.

    Parameters
    ----------
    cells : ndarray of int
        Shape ``(cells, columns)``: the number of each cell's choice in each column. The first column is the
        leading choice: the effect of another column may differ for each leading choice.
    """

    def __init__(self, cells: IntArray) -> None:
        cells = np.asarray(cells, dtype=np.int64)
        if cells.ndim != 2 or min(cells.shape) < 1:
            raise invalid("cells", "an additive model", "a table of choices", cells.shape)
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
        """Mean and standard deviation of the true log time of every cell.

        Parameters
        ----------
        observed : sequence of int
            Numbers of the timed cells, one or more; a cell may be there several times.
        log_times : sequence of float
            Natural log of each time.
        doubts : sequence of float, optional
            Additional standard deviation of each log time: 0 for a time of this run, more for a time of
            another day.
        """
        where = np.asarray(observed, dtype=np.int64)
        times = np.asarray(log_times, dtype=np.float64)
        if where.size == 0 or where.size != times.size or not bool(np.isfinite(times).all()):
            raise invalid("log_times", "an additive model", "one finite number for each cell", times)
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
        """The probability of each set of strengths given the times; the sum is 1."""
        _, log_determinants = np.linalg.slogdet(among)
        log_likely = -0.5 * (solved @ times + log_determinants)
        weights: FloatArray = np.exp(log_likely - log_likely.max())
        return np.asarray(weights / weights.sum(), dtype=np.float64)


def _total(parts: Sequence[FloatArray], n: int) -> FloatArray:
    return np.sum(parts, axis=0) if parts else np.zeros((n, n))


def _stacked(values: FloatArray, count: int) -> FloatArray:
    return np.broadcast_to(values[None, :, None], (count, values.size, 1))
