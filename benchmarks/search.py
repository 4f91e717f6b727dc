"""Replay the search on simulated machines beside its opponents: Optuna's TPE and random choice, with the same aids.

Every method has the same budget, looks at the plain cell of each backend and precision first, has its wrong, heavy and
broken cells ruled out in groups, may not look twice at a cell, and ends in the same final, without the cells that took
1.3 times as long as the fastest. Methods differ in which cell they look at next. The own search alone weighs the cost
of a look, ends when no look is worth its cost, and may send a cell to the final that it has not looked at.

``make bench-search`` replays 400 seeds of each world; ``SHORT=1`` replays 40.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import optuna

from benchmarks.search_grid import FOLDER, RecordedWorld, cells_of, noise_of, read_rows
from benchmarks.search_worlds import HARD, LIMITS, USUAL, WITHIN, SimulatedWorld, Twins
from toolkit.analysis.distributions import t_quantile
from toolkit.studies.tune.constraints import Limits, Look
from toolkit.studies.tune.found import Hunt
from toolkit.studies.tune.hunt import hunt
from toolkit.studies.tune.search import CLOSE, FINALISTS, Proposer, Search
from toolkit.studies.tune.space import Space

WORLDS = {
    "240 cells": (240, USUAL, 0.10),
    "240 cells, hard": (240, HARD, 0.10),
    "72 cells": (72, USUAL, 0.10),
    "48 cells": (48, USUAL, 0.15),
}
"""Name of a world: its cells, its difficulty, and the share of the grid's cost that a search may spend."""


RECORDED_DB, RECORDED_SHARE = 40.0, 0.15


class RandomChoice:
    """Looks at cells in random order; its finalists are the fastest that it saw."""

    def __init__(self, space: Space, seed: int) -> None:
        self._space = space
        self._starts = space.starts()
        self._order = list(np.random.default_rng(seed).permutation(len(space)))
        self._out: set[int] = set()
        self._seen: dict[int, float] = {}

    def next_cell(self) -> int | None:
        cell = self._next_of(self._starts)
        return self._next_of(self._order) if cell is None else cell

    def _next_of(self, queue: list[int]) -> int | None:
        while queue:
            cell = int(queue.pop(0))
            if cell not in self._out and cell not in self._seen:
                return cell
        return None

    def saw(self, cell: int, look: Look) -> None:
        self._seen[cell] = look.value if look.has_value else math.inf

    def rule_out(self, cells: Iterable[int]) -> None:
        self._out.update(cells)

    def finalists(self) -> list[int]:
        alive = [cell for cell, value in self._seen.items() if cell not in self._out and math.isfinite(value)]
        best = min((self._seen[cell] for cell in alive), default=math.inf)
        close = [cell for cell in alive if self._seen[cell] <= CLOSE * best]
        return sorted(close, key=self._seen.__getitem__)[:FINALISTS]


class Tpe(RandomChoice):
    """Optuna's tree-structured Parzen estimator, with the aids of the search.

    Cells that are ruled out count as bad, also those that were fast and are found to miss a limit later. The estimator
    names a cell up to 50 times until it is a new one, at no cost; then a cell is drawn at random.
    """

    def __init__(self, space: Space, seed: int) -> None:
        super().__init__(space, seed)
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._seed, self._n_starts = seed, len(self._starts)
        self._kinds: dict[str, optuna.distributions.BaseDistribution] = {
            name: optuna.distributions.CategoricalDistribution(list(range(len(choices))))
            for name, choices in zip(space.columns, space.choices, strict=True)
        }
        self._cells = {tuple(map(int, row)): cell for cell, row in enumerate(space.cells)}
        self._study = self._new_study()

    def next_cell(self) -> int | None:
        start = self._next_of(self._starts)
        if start is not None:
            return start
        for _ in range(50):
            trial = self._study.ask(self._kinds)
            cell = self._cells[tuple(trial.params[name] for name in self._space.columns)]
            if cell not in self._out and cell not in self._seen:
                return cell
        return super().next_cell()

    def saw(self, cell: int, look: Look) -> None:
        super().saw(cell, look)
        self._tell(cell)

    def rule_out(self, cells: Iterable[int]) -> None:
        super().rule_out(cells)
        # A trial that was told cannot be told again, so all trials go into a new study.
        self._study = self._new_study()
        for cell in self._seen:
            self._tell(cell)

    def _new_study(self) -> optuna.Study:
        import optuna

        self._seed += 1_000_000
        return optuna.create_study(
            sampler=optuna.samplers.TPESampler(
                seed=self._seed, multivariate=True, n_startup_trials=self._n_starts
            )
        )

    def _tell(self, cell: int) -> None:
        import optuna

        value = self._seen[cell]
        is_right = cell not in self._out and math.isfinite(value)
        named = dict(zip(self._space.columns, map(int, self._space.cells[cell]), strict=True))
        told = math.log(value) if is_right else _WORST
        self._study.add_trial(optuna.trial.create_trial(params=named, distributions=self._kinds, value=told))


_WORST = 10.0
"""Log time that a cell without a right picture, or out of the limits, counts as."""

METHODS: dict[str, Callable[[Space, int], Proposer]] = {
    "own": lambda space, seed: Search(space),
    "TPE": Tpe,
    "random": RandomChoice,
}


def _hunted(
    world: SimulatedWorld | RecordedWorld, method: str, limits: Limits, *, budget_s: float, seed: int
) -> Hunt:
    proposer = METHODS[method](world.space, seed)
    return hunt(world.space, world, limits, budget_s=budget_s, proposer=proposer, seed=seed)


def replay(world: SimulatedWorld, method: str, seed: int, share: float) -> tuple[bool, bool, bool, float]:
    """Whether the pick is right, keeps the limits and is named the winner, and the share of the grid's cost.

    The pick is the best candidate of the final. It is right if it is within 5 % of the best cell.
    """
    grid_s = world.grid_cost_s()
    found = _hunted(world, method, LIMITS, budget_s=share * grid_s, seed=seed)
    pick = found.best
    is_feasible = pick is not None and world.is_feasible(pick)
    return world.is_right(pick), is_feasible, found.winner is not None, world.spent_s / grid_s


def run(world: str, method: str, seeds: Iterable[int]) -> np.ndarray:
    """One row for each seed: right, feasible, named the winner, share of the grid's cost."""
    n_cells, difficulty, share = WORLDS[world]
    rows = [
        replay(SimulatedWorld(seed, n_cells=n_cells, difficulty=difficulty), method, seed, share)
        for seed in seeds
    ]
    return np.array(rows, dtype=np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="40 seeds instead of 400")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--live", action="store_true", help="also search on this machine (10 minutes)")
    args = parser.parse_args()
    # The seeds below 1400 were used while the model and its thresholds were chosen.
    seeds = range(5000, 5040 if args.short else 5400)
    print(f"{len(seeds)} seeds of each world; load {os.getloadavg()[0]:.1f}")
    for world in WORLDS:
        _replay_simulated(world, args.methods, seeds)
    _replay_recorded(args.methods, n_seeds=len(seeds) // 4)
    tied = ties(seeds)
    print(f"the same cell under two names: a tie in {_share(tied)} of {len(tied)} finals that ran both")
    if args.live:
        subprocess.run([sys.executable, "-m", "benchmarks.search_live", "--grid"], check=True)


def _replay_simulated(world: str, methods: Iterable[str], seeds: Iterable[int]) -> None:
    """Replays on a simulated machine; differences between methods are of the same seeds."""
    own: np.ndarray | None = None
    for method in methods:
        started = time.process_time()
        rows = run(world, method, seeds)
        spent_s = time.process_time() - started
        right, feasible, named, cost = rows.T
        wrong = float(((named == 1) & (right == 0)).mean())
        print(
            f"{world}: {method}: {_share(right)} within 5 % of the best, {_share(feasible)} keep limits, "
            f"{_share(named)} named as the winner, {100 * wrong:.1f} % named and not within 5 %, "
            f"at {100 * cost.mean():.1f} % of the grid's cost ({spent_s:.0f} s CPU)",
            flush=True,
        )
        if own is not None:
            print(f"{world}: {_compared(own, right, method)}", flush=True)
        elif method == "own":
            own = right


def _replay_recorded(methods: Iterable[str], *, n_seeds: int) -> None:
    """Replays on grids that were measured on a real machine; the best is known only as well as their noise allows."""
    for path in sorted(FOLDER.glob("*.csv")):
        cells = cells_of(read_rows(path))
        print(f"{path.stem}: {len(cells)} cells, noise {100 * noise_of(cells):.1f} %")
        own: np.ndarray | None = None
        for method in methods:
            right, cost = replay_recorded(path, method, range(n_seeds)).T
            spent = f"at {100 * cost.mean():.1f} % of the cost"
            print(f"{path.stem}: {method}: {_share(right)} within 5 % of the best, {spent}")
            if own is not None:
                print(f"{path.stem}: {_compared(own, right, method)}")
            elif method == "own":
                own = right


def replay_recorded(path: Path, method: str, seeds: Iterable[int]) -> np.ndarray:
    """One row for each seed: whether the pick is within 5 % of the best of the table, and the share of its cost."""
    rows = []
    for seed in seeds:
        world = RecordedWorld(path, seed)
        limits, grid_s = Limits(min_agreement_db=RECORDED_DB), world.grid_cost_s()
        found = _hunted(world, method, limits, budget_s=RECORDED_SHARE * grid_s, seed=seed)
        is_right = world.is_right(found.best, within=WITHIN, least_db=RECORDED_DB)
        rows.append((is_right, world.spent_s / grid_s))
    return np.array(rows, dtype=np.float64)


def ties(seeds: Iterable[int]) -> np.ndarray:
    """Whether the twin of the best, the same cell under another name, is a tie, for each final that ran both.

    If the budget ends a final before the twin has run once, no winner is named, and nothing can be said of a tie.
    """
    found = []
    for seed in seeds:
        world = Twins(seed)
        result = hunt(world.space, world, LIMITS, budget_s=0.15 * world.grid_cost_s(), seed=seed)
        if result.race is not None and result.best is not None:
            twin = world.twin(result.best)
            if result.race.values_known(twin):
                found.append(twin in result.ties)
            else:
                assert result.winner is None or twin not in result.race.arms
    return np.array(found)


def _share(flags: np.ndarray) -> str:
    return f"{100 * flags.mean():.1f} %"


def _compared(own: np.ndarray, other: np.ndarray, method: str) -> str:
    """How many more picks of the own search are right than of another method, in points with the 95 % interval.

    Both methods replay the same seeds. The interval is that of a paired difference, from Student's t.
    """
    paired = 100 * (own - other)
    if not paired.std():
        return f"own and {method} are right for the same {len(paired)} seeds"
    half = t_quantile(0.975, len(paired) - 1) * paired.std(ddof=1) / math.sqrt(len(paired))
    low, high = paired.mean() - half, paired.mean() + half
    said = (
        "own is right more often"
        if low > 0
        else f"{method} is right more often"
        if high < 0
        else "no difference seen"
    )
    return f"own minus {method}: {paired.mean():+.1f} points [{low:+.1f}, {high:+.1f}]: {said}"


if __name__ == "__main__":
    main()
