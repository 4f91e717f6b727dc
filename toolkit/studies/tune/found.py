"""What a search measured and decided: its looks, the cells that it ruled out, its final, and the best cell."""

from __future__ import annotations

from dataclasses import dataclass, field

from toolkit.studies.tune.constraints import Look, Miss
from toolkit.studies.tune.race import Race

_MAY_BE_BEST = 1.5
"""A cell that took so many times as long as the best, while the machine was disturbed, may be the best."""


@dataclass(frozen=True)
class Rejection:
    """Cells that were ruled out together.

    Attributes
    ----------
    cell : int
        The cell that was looked at.
    cells : tuple of int
        All cells for which the result of this look holds.
    reason : str
    miss : Miss or None
        The limit that it misses; None for a fault.
    """

    cell: int
    cells: tuple[int, ...]
    reason: str
    miss: Miss | None = None


@dataclass
class Hunt:
    """What a search measured and decided.

    Attributes
    ----------
    looks : dict of cell to Look
        Everything known of each cell that was looked at, including its runs in the final.
    n_known : int
        Number of cells that were known before this search.
    rejections : list of Rejection
    race : Race or None
        The final; None if no cell reached it.
    best : int or None
        The fastest cell of the final that keeps every limit.
    ties : list of int
        Cells that cannot be distinguished from the best.
    rivals : list of int
        Cells of the final of which the rounds do not rule out that they are better: faster than the best by more than
        5 %, or within the limit on the p95, which they missed in disturbed rounds alone.
    is_exhausted : bool
        Whether the search ended because no further look is worth its cost; otherwise the budget ended it.
    is_cut_short : bool
        Whether the budget ended the final before its own rules did.
    """

    looks: dict[int, Look] = field(default_factory=dict)
    n_known: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    race: Race | None = None
    best: int | None = None
    ties: list[int] = field(default_factory=list)
    rivals: list[int] = field(default_factory=list)
    is_exhausted: bool = False
    is_cut_short: bool = False

    @property
    def winner(self) -> int | None:
        """The best cell, if the measurements show that no other cell of the final is faster by more than 5 %."""
        is_raced = self.race is not None and self.race.is_decidable
        return self.best if is_raced and not self.rivals and not self.overlooked else None

    @property
    def overlooked(self) -> list[int]:
        """Cells outside the final that may be the best: their looks were disturbed, and not much slower."""
        if self.race is None or self.best is None:
            return []
        passed = {*self.race.arms, *(cell for r in self.rejections for cell in r.cells)}
        disturbed = {cell: look for cell, look in self.looks.items() if look.is_suspect and look.has_value}
        limit = _MAY_BE_BEST * self.looks[self.best].value
        return [cell for cell, look in disturbed.items() if cell not in passed and look.value < limit]

    def nearest(self) -> tuple[int, Miss] | None:
        """The cell whose worst miss is the smallest, and this miss; None if no cell was rejected for a limit."""
        missing = {r.cell: r.miss for r in self.rejections if r.miss is not None}
        if not missing:
            return None
        cell = min(missing, key=lambda one: missing[one].by)
        return cell, missing[cell]
