"""Choose which settings to measure next: first plain settings of each backend, then by expected improvement.

A cell is one combination of settings; a look is a measurement of one block of calls of a cell. A `Search` only
chooses cells; `toolkit.studies.tune.hunt` measures the cells and passes the results to the `Search`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Protocol

import numpy as np
from scipy.special import ndtr

from toolkit.analysis.additive import AdditiveModel
from toolkit.analysis.stats import FloatArray
from toolkit.studies.tune.constraints import Look
from toolkit.studies.tune.space import Space

FINALISTS = 8
"""Largest number of combinations of settings in the final comparison, which compares settings in turns."""

_COST_POWER = 0.25
_ENOUGH = 0.001
"""The search ends if a further measurement is expected to shorten the best time by less than this fraction."""

CLOSE = 1.3
"""Settings that are probably slower than the best settings by this factor do not run in the final comparison."""

_MOST_LOOKS = 3
"""Most measurements of the same settings, which are measured again if the machine was disturbed."""

_FEW_LOOKS = 4
"""Least number of measurements after those of the plain settings, before the search may end."""


class Proposer(Protocol):
    """A method that chooses which settings a search measures, one combination of settings after another."""

    def next_cell(self) -> int | None:
        """The combination of settings (cell) to measure now; None if no further measurement is worth its cost."""

    def saw(self, cell: int, look: Look) -> None:
        """Record the result of a measurement of a combination of settings (cell)."""

    def rule_out(self, cells: Iterable[int]) -> None:
        """Exclude these combinations of settings from further measurements and from the final comparison."""

    def finalists(self) -> list[int]:
        """The combinations of settings that may be the fastest, the most promising first."""


class Search:
    """Chooses settings by the times that an additive model (`toolkit.analysis.additive`) predicts.

    Parameters
    ----------
    space : Space
        All combinations of settings (cells) of the search.
    start_costs_s : mapping of cell to seconds, optional
        Seconds of the first measurement of a cell that is expected to take more than the usual time, as for compiling.
    goal : float, optional
        As long as no settings are known that keep the limits, only a value below `goal` is an improvement.
    """

    def __init__(
        self, space: Space, *, start_costs_s: Mapping[int, float] | None = None, goal: float | None = None
    ) -> None:
        self._space = space
        self._model = AdditiveModel(space.cells)
        self._alive = np.ones(len(space), dtype=bool)
        self._seen = np.zeros(len(space), dtype=bool)
        self._valued = np.zeros(len(space), dtype=bool)
        self._n_looks = np.zeros(len(space), dtype=np.int64)
        self._values: list[tuple[int, float, float]] = []
        self._costs: list[tuple[int, float]] = []
        self._start_costs_s = dict(start_costs_s or {})
        self._starts = space.starts()
        self._enough_looks = len(self._starts) + _FEW_LOOKS
        self._goal = goal
        self._predicted: tuple[FloatArray, FloatArray] | None = None

    def next_cell(self) -> int | None:
        """The combination of settings (cell) to measure now; None if no further measurement is worth its cost."""
        while self._starts:
            cell = self._starts.pop(0)
            if self._alive[cell] and not self._seen[cell]:
                return cell
        open_cells = np.flatnonzero(self._alive & ~self._seen)
        if not open_cells.size:
            return None
        if not self._values:
            return int(open_cells[0])
        gains = self._gains(open_cells)
        if (self._n_looks > 0).sum() >= self._enough_looks and gains.max() < _ENOUGH:
            return None
        worth = gains / self._costs_s(open_cells) ** _COST_POWER
        return int(open_cells[int(np.argmax(worth))])

    def saw(self, cell: int, look: Look) -> None:
        """Record the result of a measurement: its value, if any, and the time that the measurement took."""
        self._n_looks[cell] += 1
        self._seen[cell] = not (look.has_value and look.is_suspect) or self._n_looks[cell] >= _MOST_LOOKS
        self._predicted = None
        if look.cost_s > 0:
            self._costs.append((cell, look.cost_s))
        if look.has_value:
            self._valued[cell] = True
            self._values.append((cell, math.log(look.value), look.doubt))

    def rule_out(self, cells: Iterable[int]) -> None:
        """Exclude settings from measurements and from the final comparison; the model still uses their times."""
        self._alive[list(cells)] = False

    def finalists(self) -> list[int]:
        """The settings that may be the fastest, the most promising first, including settings not yet measured."""
        alive = np.flatnonzero(self._alive)
        if not self._values or not alive.size:
            return []
        mean, spread = self._prediction()
        seen = alive[self._valued[alive]]
        best = mean[seen].min() if seen.size else math.inf
        # If the predicted time of settings is uncertain, measured settings are ranked as if they were faster, but
        # settings not yet measured are not, because these may fail or make a wrong picture.
        hope = np.where(self._valued[alive], 0.5, 0.0) * spread[alive]
        order = np.argsort(mean[alive] - hope)
        close = [int(cell) for cell in alive[order] if mean[cell] <= best + math.log(CLOSE)]
        return close[:FINALISTS]

    def expected(self) -> FloatArray:
        """The log value that the model predicts for every combination of settings."""
        return self._prediction()[0]

    def _prediction(self) -> tuple[FloatArray, FloatArray]:
        if self._predicted is None:
            cells, logs, doubts = zip(*self._values, strict=True)
            self._predicted = self._model.predict(cells, logs, doubts=doubts)
        return self._predicted

    def _gains(self, cells: FloatArray) -> FloatArray:
        """Expected improvement of the log value over the best measured settings that are not ruled out."""
        mean, spread = self._prediction()
        known = mean[self._alive & self._valued]
        hoped = mean[cells].min() + 0.1 if self._goal is None else math.log(self._goal)
        best = known.min() if known.size else hoped
        z = (best - mean[cells]) / spread[cells]
        density = np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
        gains: FloatArray = (best - mean[cells]) * ndtr(z) + spread[cells] * density
        return gains

    def _costs_s(self, cells: FloatArray) -> FloatArray:
        """Expected seconds of the first measurement of each cell, from earlier costs with its backend and precision."""
        usual = float(np.median([cost for _, cost in self._costs])) if self._costs else 1.0
        at = [self._space.columns.index(name) for name in ("backend", "precision")]
        way = self._space.cells[:, at]
        found = []
        for cell in cells:
            own = [cost for seen, cost in self._costs if (way[seen] == way[cell]).all()]
            found.append(
                max(self._start_costs_s.get(int(cell), 0.0), float(np.median(own)) if own else usual)
            )
        return np.array(found)
