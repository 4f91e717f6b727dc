"""The result of a search as numbers: the winner, settings that tie with the winner, the Pareto front, a table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from toolkit.analysis.percentiles import Percentile, percentile
from toolkit.analysis.stats import Estimate, geometric_mean
from toolkit.analysis.verdict import Verdict
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.trial import Trial
from toolkit.studies.tune.constraints import Fault, Limits, Look, Miss
from toolkit.studies.tune.found import Hunt
from toolkit.studies.tune.front import pareto_front
from toolkit.studies.tune.objective import Objective
from toolkit.studies.tune.space import TrialSpace

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The request to a search.

    Attributes
    ----------
    minimize : {"latency", "throughput", "memory"}
        The quantity to minimise.
    limits : Limits
        Limits on time, memory and quality that the settings must keep.
    budget_s : float
        Time for the search, s.
    """

    minimize: str
    limits: Limits
    budget_s: float

    def to_dict(self) -> dict[str, Any]:
        """The request in the units of a configuration file: ms, dB and MB."""
        limits = self.limits
        asked = {
            "max_p95_ms": None if limits.max_p95_s is None else rounded(1e3 * limits.max_p95_s),
            "min_agreement_db": limits.min_agreement_db,
            "min_psnr_db": limits.min_psnr_db,
            "max_memory_mb": None
            if limits.max_memory_bytes is None
            else rounded(limits.max_memory_bytes / 1e6),
        }
        return {"minimize": str(self.minimize)} | {name: v for name, v in asked.items() if v is not None}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of a search as numbers.

    Attributes
    ----------
    space : TrialSpace
        All combinations of settings of the search.
    asked : Asked
        The request to the search.
    found : Hunt
        What the search measured and decided.
    default : int
        The combination of settings (cell) that ``tk.apply`` runs if no settings are chosen.
    measurements : mapping of cell to Measurement
        The measurements of the settings that were compared in turns (the final comparison).
    machine : mapping
        Fingerprint of the machine: its hardware and software.
    spent_s : float
        Time that the search took, s.
    suspect_share : float
        Share of this search's blocks during which the machine was disturbed.
    """

    space: TrialSpace
    asked: Asked
    found: Hunt
    default: int
    measurements: Mapping[int, Measurement] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    spent_s: float = 0.0
    suspect_share: float = 0.0

    @property
    def is_found(self) -> bool:
        """Whether some combination of settings keeps every limit."""
        return self.found.best is not None

    @property
    def is_finished(self) -> bool:
        """Whether the measurements show a winner, or show that no settings keep the limits."""
        if self.is_found:
            return self.found.winner is not None
        return self.found.is_exhausted and not self.found.is_cut_short and not self.found.rivals

    @property
    def winner(self) -> Trial | None:
        """The best trial that keeps every limit; None if the measurements do not show which trial is the best."""
        return None if self.found.winner is None else self.space.trials[self.found.winner]

    @property
    def candidates(self) -> list[Trial]:
        """The trials among which the best may be, the most promising first; the winner alone if there is a winner."""
        return [self.space.trials[cell] for cell in self.candidate_cells]

    @property
    def candidate_cells(self) -> list[int]:
        if self.found.best is None or self.found.winner is not None:
            return [] if self.found.best is None else [self.found.best]
        return [self.found.best, *(self.found.rivals or self.found.ties)]

    @property
    def ties(self) -> list[Trial]:
        """Trials that cannot be distinguished from the winner, or from the first candidate."""
        return [self.space.trials[cell] for cell in self.found.ties]

    @property
    def front(self) -> list[Trial]:
        """The Pareto front over value, quality and memory, the smallest value first."""
        return [self.space.trials[cell] for cell in self.front_cells]

    @cached_property
    def front_cells(self) -> list[int]:
        out = {cell for rejection in self.found.rejections for cell in rejection.cells}
        return pareto_front({cell: look for cell, look in self.found.looks.items() if cell not in out})

    @property
    def nearest(self) -> tuple[Trial, Miss] | None:
        """The trial that misses a limit by the least, and this miss; None if no trial was rejected for a limit."""
        found = self.found.nearest()
        return None if found is None else (self.space.trials[found[0]], found[1])

    @property
    def n_measured(self) -> int:
        """Number of combinations of settings with a measurement, including earlier measurements."""
        return len(self.found.looks)

    def against_default(self) -> Verdict | None:
        """The verdict on the default with the winner as the baseline; None without a winner other than the default."""
        winner, race = self.found.winner, self.found.race
        if winner is None or race is None or winner == self.default or not race.values_known(self.default):
            return None
        return race.verdict(self.default, winner)

    def to_frame(self) -> pd.DataFrame:
        """A pandas table with one row for each combination of settings that was measured or ruled out."""
        import pandas as pd

        reasons = {cell: r.reason for r in self.found.rejections for cell in r.cells}
        cells = sorted(self.found.looks.keys() | reasons.keys())
        return pd.DataFrame([self._row(cell, reasons.get(cell, "")) for cell in cells])

    def estimate(self, cell: int) -> Estimate | None:
        race = self.found.race
        if race is None or not race.values_known(cell):
            return None
        return geometric_mean([math.exp(value) for value in race.values(cell)])

    def p95(self, look: Look) -> Percentile | None:
        return percentile(look.calls_s, 0.95) if look.calls_s else None

    def memory_bytes(self, cell: int) -> float | None:
        m = self.measurements.get(cell)
        if m is not None and m.memory is not None:
            memory = m.memory
            return memory.pss_peak_bytes if memory.pss_peak_bytes is not None else memory.rss_peak_bytes
        return self.found.looks[cell].memory_bytes

    def found_of(self, cell: int) -> dict[str, Any]:
        look, estimate, p95 = self.found.looks[cell], self.estimate(cell), self.p95(self.found.looks[cell])
        is_time = self.asked.minimize != Objective.MEMORY
        found: dict[str, Any] = {}
        if is_time and self.asked.minimize == Objective.LATENCY:
            found["median_ms"] = rounded(1e3 * look.value)
            if estimate is not None and estimate.low is not None and estimate.high is not None:
                found["interval_ms"] = [rounded(1e3 * estimate.low), rounded(1e3 * estimate.high)]
        elif is_time:
            found["pictures_per_s"] = rounded(1 / look.value)
            if estimate is not None and estimate.low is not None and estimate.high is not None:
                found["interval_per_s"] = [rounded(1 / estimate.high), rounded(1 / estimate.low)]
        if p95 is not None:
            found["p95_ms"] = rounded(1e3 * p95.value)
        if look.agreement_db is not None and math.isfinite(look.agreement_db):
            found["agreement_db"] = rounded(look.agreement_db)
        if look.psnr_db is not None and math.isfinite(look.psnr_db):
            found["psnr_db"] = rounded(look.psnr_db)
        memory = self.memory_bytes(cell)
        if memory:
            found["memory_mb"] = round(memory / 1e6)
        race = self.found.race
        found["blocks"] = len(race.values(cell)) if race is not None else 0
        return found

    def _row(self, cell: int, reason: str) -> dict[str, Any]:
        look = self.found.looks.get(cell, Look())
        return {
            "way": self.space.label(cell),
            "seconds": look.value if self.asked.minimize != Objective.MEMORY else math.nan,
            "p95_s": look.p95_s,
            "agreement_db": look.agreement_db,
            "psnr_db": look.psnr_db,
            "memory_mb": None if look.memory_bytes is None else look.memory_bytes / 1e6,
            "rounds": len(self.found.race.values(cell))
            if self.estimate(cell) is not None and self.found.race
            else 0,
            "is_winner": cell == self.found.winner,
            "is_tie": cell in self.found.ties,
            "is_on_front": cell in self.front_cells,
            "rejected": reason or (look.note if look.fault is not Fault.NONE else ""),
        }


def rounded(value: float) -> float:
    """Round a value to four significant digits."""
    return float(f"{value:.4g}")
