"""Replay the search on simulated machines beside its opponents: Optuna's TPE and random choice, with the same aids.

Every method looks at the plain cell of each backend and precision first, has its wrong, heavy and broken cells ruled
out in groups, may not look twice at a cell, and ends in the same final. Methods differ in which cell they look at next.

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

import numpy as np

from benchmarks.search_grid import FOLDER, RecordedWorld, cells_of, noise_of, read_rows
from benchmarks.search_worlds import HARD, LIMITS, USUAL, WITHIN, SimulatedWorld, Twins
from toolkit.studies.tune.constraints import Limits, Look
from toolkit.studies.tune.hunt import hunt
from toolkit.studies.tune.search import FINALISTS, Proposer, Search
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
        return sorted(alive, key=self._seen.__getitem__)[:FINALISTS]


class Tpe(RandomChoice):
    """Optuna's tree-structured Parzen estimator; a cell that it names again, or that is ruled out, costs nothing."""

    def __init__(self, space: Space, seed: int) -> None:
        super().__init__(space, seed)
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True, n_startup_trials=len(self._starts))
        self._study = optuna.create_study(sampler=sampler)
        self._cells = {tuple(map(int, row)): cell for cell, row in enumerate(space.cells)}
        self._asked: dict[int, object] = {}

    def next_cell(self) -> int | None:
        start = self._next_of(self._starts)
        if start is not None:
            return start
        for _ in range(50):
            trial = self._study.ask()
            row = tuple(
                trial.suggest_categorical(name, list(range(len(choices))))
                for name, choices in zip(self._space.columns, self._space.choices, strict=True)
            )
            cell = self._cells[row]
            if cell not in self._out and cell not in self._seen:
                self._asked[cell] = trial
                return cell
            known = self._seen.get(cell, math.inf)
            self._study.tell(trial, math.log(known) if math.isfinite(known) else _WORST)
        return super().next_cell()

    def saw(self, cell: int, look: Look) -> None:
        import optuna

        super().saw(cell, look)
        value = math.log(look.value) if look.has_value else _WORST
        trial = self._asked.pop(cell, None)
        if trial is not None:
            self._study.tell(trial, value)
            return
        named = dict(zip(self._space.columns, map(int, self._space.cells[cell]), strict=True))
        kinds = {
            name: optuna.distributions.CategoricalDistribution(list(range(len(choices))))
            for name, choices in zip(self._space.columns, self._space.choices, strict=True)
        }
        self._study.add_trial(optuna.trial.create_trial(params=named, distributions=kinds, value=value))


_WORST = 10.0
"""Log time that a cell without a right picture counts as."""

METHODS: dict[str, Callable[[Space, int], Proposer]] = {
    "own": lambda space, seed: Search(space),
    "TPE": Tpe,
    "random": RandomChoice,
}


def replay(world: SimulatedWorld, method: str, seed: int, share: float) -> tuple[bool, bool, float]:
    """Whether the pick is within 5 % of the best, whether it keeps the limits, and the share of the grid's cost."""
    grid_s = world.grid_cost_s()
    found = hunt(
        world.space,
        world,
        LIMITS,
        budget_s=share * grid_s,
        proposer=METHODS[method](world.space, seed),
        seed=seed,
    )
    pick = found.winner
    return world.is_right(pick), pick is not None and world.is_feasible(pick), world.spent_s / grid_s


def run(world: str, method: str, seeds: Iterable[int]) -> np.ndarray:
    """One row for each seed: right, feasible, share of the grid's cost."""
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
        own: np.ndarray | None = None
        for method in args.methods:
            started = time.process_time()
            rows = run(world, method, seeds)
            line = f"{world}: {method}: {_share(rows[:, 0])} within 5 % of the best, {_share(rows[:, 1])} keep limits"
            spent_s = time.process_time() - started
            line += f", at {100 * rows[:, 2].mean():.1f} % of the grid's cost ({spent_s:.0f} s CPU)"
            if own is not None:
                line += f"; own minus this: {_difference(own[:, 0], rows[:, 0])} points"
            elif method == "own":
                own = rows
            print(line, flush=True)
    _replay_recorded(args.methods, n_seeds=len(seeds) // 4)
    print(f"the same cell under two names: a tie in {_share(ties(seeds))} of the replays")
    if args.live:
        subprocess.run([sys.executable, "-m", "benchmarks.search_live", "--grid"], check=True)


def _replay_recorded(methods: Iterable[str], *, n_seeds: int) -> None:
    """Replays on grids that were measured on a real machine; the best is known only as well as their noise allows."""
    for path in sorted(FOLDER.glob("*.csv")):
        cells = cells_of(read_rows(path))
        print(f"{path.stem}: {len(cells)} cells, noise {100 * noise_of(cells):.1f} %")
        for method in methods:
            right, cost = [], []
            for seed in range(n_seeds):
                world = RecordedWorld(path, seed)
                limits, grid_s = Limits(min_agreement_db=RECORDED_DB), world.grid_cost_s()
                found = hunt(
                    world.space,
                    world,
                    limits,
                    budget_s=RECORDED_SHARE * grid_s,
                    proposer=METHODS[method](world.space, seed),
                    seed=seed,
                )
                right.append(world.is_right(found.winner, within=WITHIN, least_db=RECORDED_DB))
                cost.append(world.spent_s / grid_s)
            spent = f"at {100 * np.mean(cost):.1f} % of the cost"
            print(f"{path.stem}: {method}: {_share(np.array(right))} within 5 % of the best, {spent}")


def ties(seeds: Iterable[int]) -> np.ndarray:
    """Whether the winner's twin, the same cell under another name, is a tie, for each replay that measured both."""
    found = []
    for seed in seeds:
        world = Twins(seed)
        result = hunt(world.space, world, LIMITS, budget_s=0.15 * world.grid_cost_s(), seed=seed)
        if (
            result.race is not None
            and result.winner is not None
            and world.twin(result.winner) in result.race.arms
        ):
            found.append(world.twin(result.winner) in result.ties)
    return np.array(found)


def _share(flags: np.ndarray) -> str:
    return f"{100 * flags.mean():.1f} %"


def _difference(own: np.ndarray, other: np.ndarray) -> str:
    """The difference of two shares of the same seeds, with its 95 % interval."""
    paired = own - other
    half = 1.96 * paired.std(ddof=1) / math.sqrt(len(paired))
    return f"{100 * paired.mean():+.1f} [{100 * (paired.mean() - half):+.1f}, {100 * (paired.mean() + half):+.1f}]"


if __name__ == "__main__":
    main()
