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
        """Measure the peak memory of a combination of settings (a "memory pass")."""

    def run(self, arm: int, number: int) -> Look:
        """Run one block of the final, in the round `number`."""

    def known(self) -> Mapping[int, Look]:
        """Results of earlier measurements by cell; a cell in this mapping needs no new measurement."""
