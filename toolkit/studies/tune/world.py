"""What a search needs to measure settings: a live machine and a replay of stored times implement this interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from toolkit.studies.tune.constraints import Look


class World(Protocol):
    """Measures combinations of settings (cells) for a search: on a live machine, or from stored times."""

    @property
    def spent_s(self) -> float:
        """Time since the search began, s."""

    def look(self, cell: int) -> Look:
        """Run one block of a combination of settings (cell) and judge its picture."""

    def weigh(self, cell: int) -> Look:
        """Measure the peak memory of a combination of settings (cell)."""

    def run(self, arm: int, number: int) -> Look:
        """Run one block of calls of a finalist (arm) in the round `number` of the final comparison."""

    def known(self) -> Mapping[int, Look]:
        """Earlier results by combination of settings (cell); these settings need no new measurement."""
