"""The result of a search in sentences: the winner, its ties, rejected settings, and how many were measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from toolkit.analysis.verdict import Verdict
from toolkit.core import units
from toolkit.core.errors import TrialFailed
from toolkit.results.sentences.verdicts import Report
from toolkit.studies.tune.configuration import Configuration, made_for
from toolkit.studies.tune.objective import Objective
from toolkit.studies.tune.outcome import Outcome, rounded
from toolkit.studies.tune.race import LARGEST_LOSS, LEAST_ROUNDS

_MOST_NAMED = 8
_BUSY_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class Study(Outcome, Report):
    """The result of a search; it prints as sentences, and gives its winner as a configuration to deploy."""

    def configuration(self) -> Configuration:
        """The winner as a configuration to deploy.

        Raises
        ------
        TrialFailed
            No settings keep the limits, or the measurements do not show which settings are the best.
        """
        if self.found.winner is None or self.winner is None:
            raise TrialFailed(self.lines()[0])
        against = self.against_default()
        record: dict[str, Any] = {"asked": self.asked.to_dict(), "found": self.found_of(self.found.winner)}
        is_memory = self.asked.minimize == Objective.MEMORY  # other processes do not change a trial's memory
        if against is not None and (is_memory or not against.is_disturbed):
            record["against"] = {"default": rounded(against.ratio), "interval": _ends(against)}
        record |= {
            "ties": [f"{self.space.label(cell)}: {self._tie(cell)}" for cell in self.found.ties],
            "rejected": {label: reason for label, reason, _ in self.rejected()},
            "made_for": made_for(self.winner),
        }
        return Configuration(trial=self.winner, record=record)

    def to_dict(self) -> dict[str, Any]:
        """The result as lists, dicts and numbers that JSON can hold."""
        return {
            "is_found": self.is_found,
            "is_finished": self.is_finished,
            "winner": None if self.winner is None else str(self.winner),
            "found": None if self.found.winner is None else self.found_of(self.found.winner),
            "candidates": {
                str(self.space.trials[cell]): self.found_of(cell) for cell in self.candidate_cells
            },
            "ties": [str(trial) for trial in self.ties],
            "front": [str(trial) for trial in self.front],
            "rejected": {label: reason for label, reason, _ in self.rejected()},
            "nearest": None
            if self.nearest is None
            else {"trial": str(self.nearest[0]), "miss": str(self.nearest[1])},
            "asked": self.asked.to_dict(),
            "measured": self.n_measured,
            "cells": len(self.space),
            "spent_s": self.spent_s,
            "sentences": self.lines(),
        }

    def lines(self) -> list[str]:
        """The sentences of the result, the most important first."""
        said = [self._answer()]
        if self.winner is not None:
            said += [self._default_line(), *self._tie_lines()]
        elif self.is_found:
            said += self._doubt_lines()
        elif self.found.rivals:
            said.append(
                "The machine was disturbed while the p95 was measured: run the same command again on a quiet machine."
            )
        if self.is_found:
            said.append(self._front_line())
        said += self._rejection_lines()
        said.append(self._count_line())
        if self.suspect_share >= _BUSY_SHARE:
            said.append(
                f"The machine was busy in {units.percent(self.suspect_share)} of the measured blocks: small "
                "differences between settings cannot be detected, so more settings are ties."
            )
        return [line for line in said if line]

    def value_text(self, cell: int) -> str:
        """The measured value of one combination of settings in words: ``246 ms [243, 250] a call``."""
        look, estimate = self.found.looks[cell], self.estimate(cell)
        value = look.value if estimate is None else estimate.value
        if self.asked.minimize == Objective.MEMORY:
            return units.byte_count(value)
        if self.asked.minimize == Objective.THROUGHPUT:
            ends = ""
            if estimate is not None and estimate.low and estimate.high:
                ends = f" {units.interval(1 / estimate.high, 1 / estimate.low)}"
            return f"{units.number(1 / value)}{ends} pictures a second"
        ends = ""
        if estimate is not None and estimate.low and estimate.high:
            scale, _ = units.time_unit([value])
            ends = f" {units.interval(estimate.low / scale, estimate.high / scale)}"
        return f"{units.seconds(value)}{ends} a call"

    def _answer(self) -> str:
        named = [
            f"{self.space.label(cell)}: {', '.join([self.value_text(cell), *self.facts(cell)])}"
            for cell in self.candidate_cells[:_MOST_NAMED]
        ]
        if self.winner is not None:
            return f"Use {named[0]}."
        if named:
            return f"CAN'T TELL which settings are the {self._best}: the best candidate is {'; next '.join(named)}."
        nearest = self.nearest
        if nearest is not None and self.is_finished:
            cell = self.space.trials.index(nearest[0])
            return (
                "No settings are feasible, as none keep every limit; the nearest, "
                f"{self.space.label(cell)}, {nearest[1].sentence}."
            )
        if nearest is not None:
            cell = self.space.trials.index(nearest[0])
            return (
                "No feasible settings were found in the time budget; the nearest, "
                f"{self.space.label(cell)}, {nearest[1].sentence}."
            )
        if not self.is_finished:
            return "No settings were found within the time budget: raise budget_s (--budget)."
        return "No settings are feasible: none make a right picture on this machine."

    @property
    def _best(self) -> str:
        return "smallest" if self.asked.minimize == Objective.MEMORY else "fastest"

    def facts(self, cell: int) -> list[str]:
        """Further measured values of a combination of settings in words: p95, agreement with the reference, memory."""
        look = self.found.looks[cell]
        facts = []
        p95 = self.p95(look)
        if self.asked.limits.max_p95_s is not None and p95 is not None:
            facts.append(f"p95 {units.seconds(p95.value)} ({units.counted(p95.n_samples, 'call')})")
        if look.agreement_db is not None:
            is_equal = math.isinf(look.agreement_db)
            facts.append(
                "picture equal to the reference picture"
                if is_equal
                else f"PSNR to the reference picture {units.decibels(look.agreement_db)}"
            )
        if look.psnr_db is not None:
            facts.append(f"PSNR to the ground truth {units.decibels(look.psnr_db)}")
        memory = self.memory_bytes(cell)
        if memory and self.asked.minimize != Objective.MEMORY:
            facts.append(units.byte_count(memory))
        return facts

    def _default_line(self) -> str:
        if self.found.winner == self.default:
            return "The winner is the default: the settings that Atelier uses if you choose none."
        verdict = self.against_default()
        if verdict is None or math.isnan(verdict.ratio):
            return ""
        name = f"the default, {self.space.label(self.default)}"
        if self.asked.minimize == Objective.MEMORY:
            times = units.number(1 / verdict.ratio, digits=2)
            return f"The winner takes {times} times the memory of {name}."
        if verdict.is_disturbed:
            return f"The winner was not compared with {name}: {verdict.reason}."
        if self.default in self.found.ties:
            return f"It is not certain that the winner is better than {name}."
        speed = f"The winner is {units.number(verdict.ratio)}"
        if verdict.low is None or verdict.high is None:
            return f"{speed} times as fast as {name}, in {verdict.n_rounds} rounds, without a confidence interval."
        return (
            f"{speed} {units.interval(verdict.low, verdict.high)} times as fast as {name}, measured in turns."
        )

    def _doubt_lines(self) -> list[str]:
        """A sentence that says why the search names no winner, and what the user can do."""
        race, best = self.found.race, self.found.best
        assert race is not None and best is not None
        why = []
        if not race.is_decidable:
            why.append(
                f"the time budget ended before the best candidates were compared in {LEAST_ROUNDS} rounds"
            )
        elif self.found.rivals:
            worst = min(self.found.rivals, key=lambda cell: race.verdict(cell, best).low or 0.0)
            why.append(self._rival(worst))
        if self.found.overlooked:
            missed = units.counted(len(self.found.overlooked), "combination")
            why.append(
                f"the machine was disturbed during all measurements of {missed} of settings that were not compared in "
                f"rounds and may be the {self._best}"
            )
        again = (
            "run the same command again: it adds rounds to the comparison of the candidates"
            if self.found.is_cut_short
            else "run the same command again while the machine is quiet"
        )
        return [f"No winner is named because {', and '.join(why)}; {again}."]

    def _rival(self, cell: int) -> str:
        """Why one combination of settings in the final comparison may be better than the best combination."""
        race, best = self.found.race, self.found.best
        assert race is not None and best is not None
        verdict, name = race.verdict(cell, best), self.space.label(cell)
        rounds = units.counted(verdict.n_rounds, "round")
        if verdict.is_disturbed:
            return f"the machine was disturbed during most of the {rounds} of {name}"
        if verdict.low is None:
            return f"{name} has only {rounds}"
        longer, most = units.percent(1 / verdict.low - 1), units.percent(LARGEST_LOSS - 1)
        return (
            f"after {rounds} the best candidate may take up to {longer} longer than {name}, and a winner may take "
            f"at most {most} longer"
        )

    def _tie_lines(self) -> list[str]:
        ties = self.found.ties
        named = [f"{self.space.label(cell)} ({self._tie(cell)})" for cell in ties[:_MOST_NAMED]]
        if not named:
            return []
        race = self.found.race
        assert race is not None
        return [
            "These settings may be as good as the winner (in brackets: their ratio to the winner, with a 95 % interval "
            f"for a single comparison; {len(race.arms)} settings were compared): {'; '.join(named)}."
        ]

    def _tie(self, cell: int) -> str:
        """The ratio of the time of tied settings to the time of the winner: ``0.99 to 1.02``."""
        race, best = self.found.race, self.found.best
        assert race is not None and best is not None
        verdict = race.verdict(cell, best)
        if verdict.low is None or verdict.high is None:
            return f"{verdict.ratio:.2f} in {units.counted(verdict.n_rounds, 'round')}"
        return f"{verdict.low:.2f} to {verdict.high:.2f}"

    def _front_line(self) -> str:
        others = [cell for cell in self.front_cells if cell not in self.candidate_cells][:_MOST_NAMED]
        named = [
            f"{self.space.label(cell)} ({', '.join([self.value_text(cell), *self.facts(cell)])})"
            for cell in others
        ]
        return (
            f"Also on the Pareto front of time, picture quality and memory: {'; '.join(named)}."
            if named
            else ""
        )

    def rejected(self) -> list[tuple[str, str, int]]:
        """Label, reason and number of rejected combinations of settings; the label names one of the combinations."""
        return [(self.space.label(r.cell), r.reason, len(r.cells)) for r in self.found.rejections]

    def _rejection_lines(self) -> list[str]:
        named = self.rejected()
        said = [
            f"Rejected: {label}: {reason.rstrip('.')}"
            + (f" ({count} combinations of settings)." if count > 1 else ".")
            for label, reason, count in named[:_MOST_NAMED]
        ]
        if len(named) > _MOST_NAMED:
            said.append(
                f"Rejected: {len(named) - _MOST_NAMED} more groups of settings that are not named here."
            )
        return said + [f"Left out: {sentence}" for sentence in self.space.left_out]

    def _count_line(self) -> str:
        earlier = f", {self.found.n_known} of them measured earlier" if self.found.n_known else ""
        rounds = self.found.race.n_rounds if self.found.race is not None else 0
        final = f"; the best candidates were compared in {units.counted(rounds, 'round')}" if rounds else ""
        measured = f"{self.n_measured} of {len(self.space)} combinations of settings{earlier}"
        return f"Measured {measured}, in {units.seconds(self.spent_s)}{final}."


def _ends(verdict: Verdict) -> list[float] | None:
    if verdict.low is None or verdict.high is None:
        return None
    return [rounded(verdict.low), rounded(verdict.high)]
