"""The interface between a search and its cells: a live machine and a replay of stored times implement it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from toolkit.studies.tune.constraints import Look


class World(Protocol):
    """The cells of a search on a live machine, or on a machine that is replayed."""

    @property
    def spent_s(self) -> float:
        """Time since the search began, s."""

    def look(self, cell: int) -> Look:
        """Run one block of a cell and judge its picture."""

    def weigh(self, cell: int) -> Look:
        """Measure the peak memory of a cell (a "memory pass")."""

    def run(self, arm: int, number: int) -> Look:
        """Run one block of the final, in the round `number`."""

    def known(self) -> Mapping[int, Look]:
        """Looks from earlier measurements, by cell; such a cell needs no new look."""
