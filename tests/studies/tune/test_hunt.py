"""Searches replayed on machines whose times are known: how often the pick is right, what it costs, what is a tie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.search import WORLDS, run, ties
from benchmarks.search_worlds import LIMITS, SimulatedWorld
from toolkit.studies.tune.constraints import Fault, Limits, Look
from toolkit.studies.tune.hunt import hunt

# Fewer seeds than `make bench-search` replays; the bounds leave room for chance.
SEEDS = range(2000, 2040)


@pytest.mark.parametrize("world", WORLDS)
def test_most_picks_are_within_5_percent_of_the_best_for_a_tenth_of_the_cost(world: str) -> None:
    rows = run(world, "own", SEEDS)
    right, feasible, named, cost = rows.mean(axis=0)
    assert right >= 0.875
    assert feasible >= 0.95
    assert named >= 0.7
    assert cost <= WORLDS[world][2]


def test_the_same_cell_under_two_names_is_a_tie() -> None:
    tied = ties(range(60))
    assert len(tied) > 20
    assert np.mean(tied) >= 0.95


def test_what_breaks_a_limit_is_ruled_out_in_a_group_and_named() -> None:
    world = SimulatedWorld(3)
    found = hunt(world.space, world, LIMITS, budget_s=0.1 * world.grid_cost_s(), seed=1)
    assert found.winner is not None
    assert world.is_feasible(found.winner)
    wrong = [r for r in found.rejections if r.miss is not None and r.miss.limit == "agreement"]
    for rejection in wrong:
        assert len(rejection.cells) == 24
        assert all(world.agreement_db[cell] < 40 for cell in rejection.cells)
    looked_twice = [r.cell for r in found.rejections]
    assert len(looked_twice) == len(set(looked_twice))


def test_limits_that_nothing_keeps_give_no_winner_but_the_nearest() -> None:
    world = SimulatedWorld(5)
    found = hunt(world.space, world, Limits(min_agreement_db=60.0), budget_s=1e9, seed=1)
    assert found.best is None
    nearest = found.nearest()
    assert nearest is not None
    assert nearest[1].limit == "agreement"
    assert nearest[1].got == 50.0


def test_a_busy_machine_gets_candidates_and_no_winner() -> None:
    kept = []
    for seed in range(20):
        world = BusyWorld(seed, share=1.0)
        found = hunt(world.space, world, LIMITS, budget_s=0.15 * world.grid_cost_s(), seed=seed)
        assert found.best is not None
        if found.winner is None:
            kept.append(any(world.is_right(cell) for cell in [found.best, *found.rivals]))
        else:  # it is so much faster than all others that no disturbance explains it
            assert world.is_right(found.winner)
    assert len(kept) >= 16
    assert np.mean(kept) >= 0.6


@pytest.mark.parametrize(("share", "least_named"), [(0.25, 0.5), (0.5, 0.25)])
def test_a_winner_that_is_named_on_a_disturbed_machine_is_right(share: float, least_named: float) -> None:
    named, n = [], 40
    for seed in range(n):
        world = BusyWorld(seed, share=share)
        found = hunt(world.space, world, LIMITS, budget_s=0.15 * world.grid_cost_s(), seed=seed)
        if found.winner is not None:
            named.append(world.is_right(found.winner))
    assert len(named) >= least_named * n
    assert np.mean(named) >= 0.95


def test_the_default_wins_the_final_if_its_first_look_was_slow_by_chance() -> None:
    world = LateWorld(4)
    found = hunt(
        world.space,
        world,
        LIMITS,
        budget_s=0.15 * world.grid_cost_s(),
        keeps=[world.fastest],
        seed=1,
    )
    assert found.best == world.fastest


def test_cells_that_are_known_are_not_looked_at_again() -> None:
    world = KnowingWorld(7)
    found = hunt(world.space, world, LIMITS, budget_s=0.1 * world.grid_cost_s(), seed=1)
    assert found.n_known == len(world.given)
    assert not world.looked & world.given.keys()
    assert world.is_right(found.winner)


def test_a_hanging_backend_is_looked_at_once_in_each_precision_and_tile() -> None:
    world = HangingWorld(11)
    found = hunt(world.space, world, LIMITS, budget_s=0.3 * world.grid_cost_s(), seed=1)
    looks = [cell for cell in found.looks if world.space.value(cell, "backend") == 1]
    assert len(looks) <= 4  # one in each precision and tile
    assert [r.reason for r in found.rejections if r.cell in looks] == ["no answer"] * len(looks)
    assert found.winner is not None


class BusyWorld(SimulatedWorld):
    """A machine on which some blocks are disturbed, and say so: they take longer, with more threads by up to half."""

    def __init__(self, seed: int, *, share: float) -> None:
        super().__init__(seed, n_cells=72)
        self._share = share

    def _block(self, cell: int, *, seconds: float) -> Look:
        look = super()._block(cell, seconds=seconds)
        if self._random.random() >= self._share:
            return look
        threads = self.space.value(cell, "threads")
        slower = (1 + 0.25 * threads) * float(np.exp(abs(self._random.normal(0.0, 0.25))))
        return replace(look, value=look.value * slower, is_suspect=True, doubt=0.5)


class LateWorld(SimulatedWorld):
    """A machine on which looks at the fastest cell, but not its runs in the final, take three times as long."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        able = [cell for cell in range(len(self.space)) if self.is_feasible(cell)]
        self.fastest = min(able, key=lambda cell: float(self.times_s[cell]))
        self.times_s[self.fastest] /= 1.2

    def look(self, cell: int) -> Look:
        look = super().look(cell)
        return replace(look, value=3 * look.value) if cell == self.fastest else look


class KnowingWorld(SimulatedWorld):
    """A machine with measurements of another day."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.looked: set[int] = set()
        self.given = {
            cell: Look(value=1.05 * float(self.times_s[cell]), agreement_db=50.0, doubt=0.08)
            for cell in range(0, 240, 7)
            if self.is_feasible(cell)
        }

    def known(self) -> dict[int, Look]:
        return self.given

    def look(self, cell: int) -> Look:
        self.looked.add(cell)
        return super().look(cell)


class HangingWorld(SimulatedWorld):
    """A machine on which one backend never answers."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.agreement_db[:] = 50.0
        self.cannot_run[:] = False

    def _block(self, cell: int, *, seconds: float) -> Look:
        if self.space.value(cell, "backend") == 1:
            self._spent_s += 20.0
            return Look(fault=Fault.PROCESS, note="no answer", cost_s=20.0)
        return super()._block(cell, seconds=seconds)
