"""Simulated machines on which a search is replayed: the times, memory and faults of every cell are known.

The worlds are fixed: they do not change after a model of the search was chosen on them.

* 240, 72 and 48 cells of backends x precision x threads x workers x batch x tile. The slowest cell takes 9 to 115 times
  as long as the fastest. Setting a process up takes 0.5 to 14 s. The times of two processes differ by 1.5 %; 6 % of the
  blocks take 12 % longer, 0.6 % take 50 % longer.
* The hard world, of 240 cells: interactions 2.5 times as strong, a residual of 8 % for each cell, noise of 3 %, 12 % of
  the blocks 12 % longer, and threads that are useless in half of the backends.
* In every world some backends make a wrong picture in one precision, some cells need too much memory, and a few ways
  cannot run at all.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from toolkit.studies.tune.constraints import Fault, Limits, Look
from toolkit.studies.tune.space import Space

COLUMNS = ("backend", "precision", "threads", "workers", "batch", "tile")
SHAPES = {240: (5, 2, 3, 2, 2, 2), 72: (3, 2, 3, 2, 2, 1), 48: (3, 2, 2, 2, 2, 1)}
LIMITS = Limits(min_agreement_db=40.0, max_memory_bytes=700e6)
WITHIN = 1.05
"""A pick is right if its true time is at most so many times that of the best cell that keeps the limits."""


@dataclass(frozen=True)
class Difficulty:
    """How far times are from additive, and how noisy they are."""

    interaction: float = 0.15
    cell: float = 0.03
    noise: float = 0.015
    tail: float = 0.06
    lame: float = 0.0


USUAL = Difficulty()
HARD = Difficulty(interaction=0.375, cell=0.08, noise=0.03, tail=0.12, lame=0.5)


class SimulatedWorld:
    """A machine whose truth is drawn from a seed; implements `toolkit.studies.tune.hunt.World`.

    Parameters
    ----------
    n_cells : {240, 72, 48}
    difficulty : Difficulty
    """

    def __init__(self, seed: int, *, n_cells: int = 240, difficulty: Difficulty = USUAL) -> None:
        shape = SHAPES[n_cells]
        cells = np.array(list(itertools.product(*map(range, shape))), dtype=np.int64)
        self.space = Space(COLUMNS, tuple(tuple(range(n)) for n in shape), cells)
        self._random = np.random.default_rng([seed, n_cells, int(1000 * difficulty.cell)])
        self._difficulty = difficulty
        self.times_s = self._drawn_times(shape)
        way = self._random.uniform(math.log(0.5), math.log(14.0), shape[:2])
        self.set_up_s = np.exp(way[cells[:, 0], cells[:, 1]])
        self._draw_checks(shape)
        self._spent_s = 0.0

    @property
    def spent_s(self) -> float:
        return self._spent_s

    def known(self) -> Mapping[int, Look]:
        return {}

    def look(self, cell: int) -> Look:
        return self._block(cell, seconds=0.3)

    def run(self, arm: int, number: int) -> Look:
        return self._block(arm, seconds=0.5)

    def weigh(self, cell: int) -> Look:
        self._spent_s += self._weigh_s(cell)
        return Look(memory_bytes=float(self.memory_bytes[cell]), cost_s=self._weigh_s(cell))

    def grid_cost_s(self) -> float:
        """Seconds for measuring every cell: three blocks and a memory pass of each."""
        return sum(3 * self._block_s(cell, 0.3) + self._weigh_s(cell) for cell in range(len(self.space)))

    def is_feasible(self, cell: int) -> bool:
        """Whether a cell runs, makes a right picture and keeps the limits."""
        return (
            not self.cannot_run[cell] and self.agreement_db[cell] >= 40.0 and self.memory_bytes[cell] <= 700e6
        )

    @property
    def best_s(self) -> float:
        """True time of the best cell that keeps the limits."""
        return min(self.times_s[cell] for cell in range(len(self.space)) if self.is_feasible(cell))

    def is_right(self, cell: int | None) -> bool:
        """Whether a pick keeps the limits and is within 5 % of the best."""
        return cell is not None and self.is_feasible(cell) and self.times_s[cell] <= WITHIN * self.best_s

    def _block(self, cell: int, *, seconds: float) -> Look:
        cost_s = self._block_s(cell, seconds)
        if self.cannot_run[cell]:
            self._spent_s += float(self.set_up_s[cell])
            return Look(fault=Fault.CODE, note="raised", cost_s=float(self.set_up_s[cell]))
        self._spent_s += cost_s
        time_s = float(self.times_s[cell] * self._disturbance())
        return Look(value=time_s, agreement_db=float(self.agreement_db[cell]), cost_s=cost_s)

    def _disturbance(self) -> float:
        drawn, spread = self._random.random(), self._difficulty
        tail = 1.5 if drawn < 0.006 else 1.12 if drawn < 0.006 + spread.tail else 1.0
        return tail * math.exp(self._random.normal(0.0, spread.noise))

    def _block_s(self, cell: int, seconds: float) -> float:
        call_s = float(self.times_s[cell]) * (1 + 3 * int(self.space.cells[cell, 4]))
        return (
            float(self.set_up_s[cell]) + call_s + (call_s if call_s > seconds else max(seconds, 2 * call_s))
        )

    def _weigh_s(self, cell: int) -> float:
        return float(self.set_up_s[cell]) + 2 * float(self.times_s[cell])

    def _drawn_times(self, shape: tuple[int, ...]) -> np.ndarray:
        draw, cells, spread = self._random, self.space.cells, self._difficulty
        logs = draw.normal(0.0, 0.9, shape[0])[cells[:, 0]]
        for at in range(1, len(shape)):
            main = draw.normal(0.0, 0.3, shape[at])
            if at == 2:
                main = -0.6 * np.arange(shape[at])
            within = draw.normal(0.0, spread.interaction, (shape[0], shape[at]))
            if at == 2 and spread.lame:
                is_lame = draw.random(shape[0]) < spread.lame
                within[is_lame] = draw.normal(0.0, 0.02, (int(is_lame.sum()), shape[at])) - main
            logs = logs + main[cells[:, at]] + within[cells[:, 0], cells[:, at]]
        wanted = draw.uniform(math.log(9.0), math.log(115.0))
        logs = logs * wanted / (logs.max() - logs.min())
        logs = logs + draw.normal(0.0, spread.cell, len(cells))
        fastest_s = math.exp(draw.uniform(math.log(0.005), math.log(0.2)))
        return fastest_s * np.exp(logs - logs.min())

    def _draw_checks(self, shape: tuple[int, ...]) -> None:
        draw, cells = self._random, self.space.cells
        wrong = draw.random(shape[:2]) < np.array([0.0, 0.3])
        self.agreement_db = np.where(wrong[cells[:, 0], cells[:, 1]], 35.0, 50.0)
        broken = draw.random(shape[:2]) < 0.08
        broken[0, 0] = False
        self.cannot_run = broken[cells[:, 0], cells[:, 1]]
        of_backend = np.exp(draw.uniform(math.log(100e6), math.log(450e6), shape[0]))
        of_backend[0] = min(of_backend[0], 300e6)
        growth = 1.0 + 0.9 * cells[:, 3] + 0.5 * cells[:, 4]
        self.memory_bytes = of_backend[cells[:, 0]] * growth * np.where(cells[:, 5] == 1, 0.7, 1.0)


class Twins(SimulatedWorld):
    """A machine of 48 cells on which the last column makes no difference: every cell has a twin."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, n_cells=48)
        even = self.space.cells[:, 4] == 0
        for name in ("times_s", "set_up_s", "memory_bytes", "agreement_db", "cannot_run"):
            values = getattr(self, name)
            values[~even] = values[even]

    def twin(self, cell: int | None) -> int:
        """The other cell that takes exactly as long."""
        assert cell is not None
        return cell ^ 1

    def _block_s(self, cell: int, seconds: float) -> float:
        return super()._block_s(cell & ~1, seconds)
