"""The record of a search: measurements, ruled-out settings, a final comparison in turns, the best settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from toolkit.studies.tune.constraints import Look, Miss
from toolkit.studies.tune.race import Race

_MAY_BE_BEST = 1.5
"""Largest factor over the best time at which settings that ran on a disturbed machine may still be the best."""


@dataclass(frozen=True)
class Rejection:
    """Combinations of settings (cells) that were ruled out together.

    Attributes
    ----------
    cell : int
        The combination of settings that was measured.
    cells : tuple of int
        All combinations of settings that the measurement of `cell` rules out.
    reason : str
        Why the combinations of settings were ruled out.
    miss : Miss or None
        The limit that the measured combination misses; None if this combination made no right picture.
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
        Everything known of each measured combination of settings, including its runs in the final comparison.
    n_known : int
        Number of combinations of settings that had a measurement before this search.
    rejections : list of Rejection
        The combinations of settings that were ruled out.
    race : Race or None
        The final comparison, in which the most promising settings run in turns; None if no settings reached it.
    best : int or None
        The fastest combination of settings in the final comparison that keeps every limit.
    ties : list of int
        Combinations of settings that cannot be distinguished from the best combination.
    rivals : list of int
        Finalists (combinations of settings) that may still be better than the best: faster by more than 5 %, or
        within the limit on the p95, which they missed only in disturbed rounds.
    is_exhausted : bool
        Whether the search ended because no further measurement is worth its cost; if not, the budget ended the search.
    is_cut_short : bool
        Whether the budget ended the final comparison before the rules of the final comparison ended it.
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
        """The best settings, if the measurements show that no other finalists are faster by more than 5 %."""
        is_raced = self.race is not None and self.race.is_decidable
        return self.best if is_raced and not self.rivals and not self.overlooked else None

    @property
    def overlooked(self) -> list[int]:
        """Settings that are no finalists but may be the best, as they were not much slower on a disturbed machine."""
        if self.race is None or self.best is None:
            return []
        passed = {*self.race.arms, *(cell for r in self.rejections for cell in r.cells)}
        disturbed = {cell: look for cell, look in self.looks.items() if look.is_suspect and look.has_value}
        limit = _MAY_BE_BEST * self.looks[self.best].value
        return [cell for cell, look in disturbed.items() if cell not in passed and look.value < limit]

    def nearest(self) -> tuple[int, Miss] | None:
        """The settings that miss a limit by the least, and this miss; None if no settings were rejected for a limit."""
        missing = {r.cell: r.miss for r in self.rejections if r.miss is not None}
        if not missing:
            return None
        cell = min(missing, key=lambda one: missing[one].by)
        return cell, missing[cell]
