"""What a search asks of its cells: a live machine and a replay of stored times answer alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from toolkit.studies.tune.constraints import Look


class World(Protocol):
    """What is searched: a machine, or one that is replayed."""

    @property
    def spent_s(self) -> float:
        """Time since the search began, s."""

    def look(self, cell: int) -> Look:
        """Run one block of a cell and judge its picture."""

    def weigh(self, cell: int) -> Look:
        """Measure the peak memory of a cell."""

    def run(self, arm: int, number: int) -> Look:
        """Run one block of the final, in the round `number`."""

    def known(self) -> Mapping[int, Look]:
        """What earlier measurements say about cells, which then need no look."""
