"""A complete search: measure settings, rule out those that miss a limit, and measure the most promising in turns.

The same search runs on a live machine and, in tests and benchmarks, on simulated machines whose times are known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from toolkit.studies.tune.constraints import Fault, Limits, Look, Miss
from toolkit.studies.tune.found import Hunt, Rejection
from toolkit.studies.tune.race import LEAST_ROUNDS, Race
from toolkit.studies.tune.search import Proposer, Search
from toolkit.studies.tune.space import Space
from toolkit.studies.tune.world import World

SEARCH_SHARE = 0.55
"""Share of the time budget after which no new settings are measured: the rest is for the final comparison."""

_NOTHING_SHARE = 0.85

_DISTURBED_SLACK = 2.0
"""Largest factor by which a disturbed machine is expected to lengthen a measurement."""


def hunt(
    space: Space,
    world: World,
    limits: Limits,
    *,
    budget_s: float,
    keeps: Sequence[int] = (),
    proposer: Proposer | None = None,
    seed: int | None = None,
    on_look: Callable[[int, Look], None] = lambda cell, look: None,
) -> Hunt:
    """Search a space for the combination of settings with the smallest value that keeps the limits.

    Parameters
    ----------
    budget_s : float
        Seconds after the start of the search from which no further block of calls starts.
    keeps : sequence of int
        Combinations of settings (cells) that run in the final comparison in any case, such as the default.
    proposer : Proposer, optional
        The method that chooses the settings to measure; without `proposer`, a `Search` chooses.
    seed : int, optional
        Seed of the random order of the settings in the final comparison.
    on_look : callable
        A function that receives each measured combination of settings (cell) and its result.
    """
    return _Hunter(space, world, limits, budget_s, on_look).run(
        proposer or Search(space, goal=limits.max_p95_s), keeps=keeps, seed=seed
    )


class _Hunter:
    def __init__(
        self,
        space: Space,
        world: World,
        limits: Limits,
        budget_s: float,
        on_look: Callable[[int, Look], None],
    ) -> None:
        self._space, self._world, self._limits = space, world, limits
        self._budget_s, self._on_look = budget_s, on_look
        self._found = Hunt()
        self._out: set[int] = set()
        self._runs: dict[int, list[Look]] = {}

    def run(self, proposer: Proposer, *, keeps: Sequence[int], seed: int | None) -> Hunt:
        for cell, look in self._world.known().items():
            self._found.n_known += 1
            self._take(proposer, cell, look)
        finalists: list[int] = []
        while True:
            self._look_around(proposer)
            finalists = [cell for cell in proposer.finalists() if cell not in self._out]
            broken = [cell for cell in finalists if not self._keeps_memory(proposer, cell)]
            if not broken or self._world.spent_s > self._search_until_s:
                break
        self._found.is_exhausted |= len(self._out | self._found.looks.keys()) == len(self._space)
        arms = [cell for cell in finalists if cell not in self._out]
        if arms:
            able = [cell for cell in keeps if self._found.looks.get(cell, Look()).fault is Fault.NONE]
            self._decide(arms, able, seed, proposer)
        return self._found

    def _look_around(self, proposer: Proposer) -> None:
        while self._world.spent_s <= self._search_until_s:
            cell = proposer.next_cell()
            self._found.is_exhausted = cell is None
            if cell is None:
                return
            if cell in self._out:
                continue
            look = self._world.look(cell)
            self._take(proposer, cell, look)
            self._on_look(cell, look)

    @property
    def _search_until_s(self) -> float:
        """Seconds after which no new settings are measured: later while no known settings keep the limits."""
        is_one_known = any(
            look.has_value and cell not in self._out for cell, look in self._found.looks.items()
        )
        return (SEARCH_SHARE if is_one_known else _NOTHING_SHARE) * self._budget_s

    def _take(self, proposer: Proposer, cell: int, look: Look) -> None:
        """Record a measurement, pass the measurement to the proposer, and rule out the settings that it excludes."""
        weighed = self._found.looks.get(cell)
        if weighed is not None and look.memory_bytes is None:
            look = replace(look, memory_bytes=weighed.memory_bytes)
        self._found.looks[cell] = look
        proposer.saw(cell, look)
        self._check(proposer, cell, look)

    def _check(self, proposer: Proposer, cell: int, look: Look) -> None:
        if look.fault is not Fault.NONE:
            groups = {
                Fault.PICTURE: self._space.same_picture,
                Fault.CODE: self._space.same_way,
                Fault.PROCESS: self._space.heavier,
            }
            self._reject(proposer, cell, groups[look.fault](cell), look.note)
            return
        picture, memory = self._limits.missed_picture(look), self._limits.missed_memory(look)
        if picture is not None:
            self._reject(proposer, cell, self._space.same_picture(cell), str(picture), picture)
        elif memory is not None:
            self._reject(proposer, cell, self._space.heavier(cell), str(memory), memory)
        elif self._is_too_slow(look):
            miss = Miss("p95", look.p95_s, float(self._limits.max_p95_s or 0.0))
            self._reject(proposer, cell, [cell], str(miss), miss)

    def _is_too_slow(self, look: Look) -> bool:
        """Whether even the median call is above the limit on the p95 (far above, if the machine was disturbed)."""
        limit = self._limits.max_p95_s
        if limit is None or not look.calls_s:
            return False
        return float(np.median(look.calls_s)) > limit * (_DISTURBED_SLACK if look.is_suspect else 1.0)

    def _reject(
        self, proposer: Proposer, cell: int, cells: Iterable[int], reason: str, miss: Miss | None = None
    ) -> None:
        group = tuple(int(one) for one in cells)
        self._out.update(group)
        proposer.rule_out(group)
        self._found.rejections.append(Rejection(cell, group, reason, miss))

    def _keeps_memory(self, proposer: Proposer, cell: int) -> bool:
        """Whether settings keep the limit on memory; their memory is measured unless similar settings have a value."""
        if self._limits.max_memory_bytes is None or cell in self._out:
            return cell not in self._out
        alike = [self._found.looks.get(int(one)) for one in self._space.same_memory(cell)]
        known = [look.memory_bytes for look in alike if look is not None and look.memory_bytes is not None]
        look = self._found.looks.get(cell, Look())
        if not known and self._world.spent_s < self._budget_s:
            weighed = self._world.weigh(cell)
            look = replace(look, memory_bytes=weighed.memory_bytes, fault=weighed.fault, note=weighed.note)
        elif known:
            look = replace(look, memory_bytes=max(known))
        self._found.looks[cell] = look
        self._check(proposer, cell, look)
        return cell not in self._out

    def _decide(self, arms: list[int], keeps: Sequence[int], seed: int | None, proposer: Proposer) -> None:
        """Run the final comparison, and name the best of the finalists (arms) that keep every limit."""
        arms = self._affordable(arms, n_kept=len(set(keeps) - set(arms)))
        # Settings that always run in the final comparison may also win, if they keep the limits.
        able = [*arms, *(cell for cell in keeps if cell not in arms and self._keeps_memory(proposer, cell))]
        race = self._found.race = Race(
            [*arms, *keeps], keeps=[cell for cell in keeps if cell not in arms], seed=seed
        )
        while (turn := race.next_arm()) is not None:
            arm, number = turn
            if self._world.spent_s > self._budget_s:
                self._found.is_cut_short = True
                break
            look = self._world.run(arm, number)
            race.ran(arm, look.value if look.fault is Fault.NONE else math.nan, is_suspect=look.is_suspect)
            self._join(arm, look)
            seen = self._found.looks[arm]
            if arm in able and (look.fault is not Fault.NONE or self._limits.missed_picture(seen)):
                self._check(proposer, arm, seen)
                race.put_out(arm)
        self._name_best(race, able)

    def _affordable(self, arms: list[int], *, n_kept: int) -> list[int]:
        """The most promising finalists: at least two, and so few that each gets enough rounds for a verdict."""
        costs = [self._found.looks[arm].cost_s for arm in arms if arm in self._found.looks]
        usual_s = float(np.median([cost for cost in costs if cost > 0] or [0.0]))
        left_s = self._budget_s - self._world.spent_s
        if usual_s == 0.0 or left_s <= 0.0:
            return arms
        return arms[: max(2, int(left_s / (LEAST_ROUNDS * usual_s)) - n_kept)]

    def _join(self, arm: int, look: Look) -> None:
        """Add a run to the results of a finalist; calls of undisturbed runs replace the calls of disturbed runs."""
        old, race = self._found.looks.get(arm), self._found.race
        assert race is not None
        runs = self._runs.setdefault(arm, [])
        runs.append(look)
        calm = [run for run in runs if not run.is_suspect]
        self._found.looks[arm] = replace(
            look,
            calls_s=tuple(call_s for run in calm or runs for call_s in run.calls_s),
            value=math.exp(float(np.mean(race.values(arm)))) if race.values(arm) else look.value,
            agreement_db=look.agreement_db
            if old is None or look.agreement_db is not None
            else old.agreement_db,
            psnr_db=look.psnr_db if old is None or look.psnr_db is not None else old.psnr_db,
            memory_bytes=look.memory_bytes
            if old is None or look.memory_bytes is not None
            else old.memory_bytes,
        )

    def _name_best(self, race: Race, arms: Sequence[int]) -> None:
        """Name the fastest finalist that keeps the limit on the p95, and reject finalists that miss this limit."""
        remaining = [arm for arm in arms if race.values(arm)]
        rivals = self._found.rivals
        while remaining:
            leader = race.leader(remaining)
            if leader is None:
                return
            miss = self._limits.missed_p95(self._found.looks[leader])
            if miss is None:
                others = [arm for arm in remaining if arm != leader]
                able = [arm for arm in others if not self._limits.missed(self._found.looks[arm])]
                self._found.best = leader
                self._found.ties = [arm for arm in able if race.is_level(arm, leader)]
                rivals += [arm for arm in able if not race.is_settled(arm, leader)]
                return
            if not race.has_calm_round(leader):
                rivals.append(leader)
            self._found.rejections.append(Rejection(leader, (leader,), str(miss), miss))
            remaining.remove(leader)
