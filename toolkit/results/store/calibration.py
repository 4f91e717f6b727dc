"""Store the calibration of a machine: how often verdicts are wrong, and the smallest change that they detect."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from toolkit.analysis.distributions import upper_rate_bound
from toolkit.core import units
from toolkit.core.errors import InvalidValue
from toolkit.core.files import write_whole
from toolkit.core.folders import home

NOT_CALIBRATED = (
    "This machine is not calibrated: how often verdicts on this machine are wrong is not known. "
    "Run: atelier doctor --calibrate"
)


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How often verdicts on one machine were wrong, for equal workloads and for slow-downs added on purpose.

    Attributes
    ----------
    machine : str
        `toolkit.contracts.identity.hardware_id` of the calibrated machine.
    date : str
        Date and time of the calibration, ISO 8601.
    pairs, false_alarms : int
        Number of comparisons of a workload with itself, and number of these with the verdict FASTER or SLOWER.
    planted, seen, reversed : int
        Number of comparisons with a slow-down added on purpose, and numbers of the verdicts SLOWER and FASTER.
    planted_effect : float
        The slow-down added on purpose, as a fraction of the time.
    smallest_effect : float or None
        Smallest change that 90 % of comparisons would detect, as a fraction: the median over `pairs`.
    budget_s : float
        Time allowed for each comparison, s.
    disturbed : int
        Number of comparisons that gave no verdict, because the machine was busy.
    """

    machine: str
    date: str
    pairs: int
    false_alarms: int
    planted: int
    seen: int
    reversed: int
    planted_effect: float
    smallest_effect: float | None
    budget_s: float
    disturbed: int = 0

    def __str__(self) -> str:
        bound = upper_rate_bound(self.false_alarms, self.pairs)
        parts = [
            f"On this machine {self.false_alarms} of {self.pairs} comparisons of a workload with itself "
            f"gave a false alarm (at most {units.percent(bound)} of them, with 95 % confidence)",
            f"a slow-down of {units.percent(self.planted_effect)}, added on purpose, gave the verdict SLOWER "
            f"in {self.seen} of {self.planted} comparisons",
        ]
        if self.smallest_effect is not None:
            change = units.percent(self.smallest_effect)
            parts.append(f"90 % of comparisons of {self.budget_s:.0f} s detect a change of {change}")
        said = f"{'; '.join(parts)}. The machine was calibrated on {self.date[:10]}."
        if self.disturbed:
            said += (
                f" The machine was busy during {self.disturbed} of these {self.pairs + self.planted} comparisons, "
                "which gave no verdict: calibrate again when the machine is quiet."
            )
        return said


def calibration_file() -> Path:
    """Path of the file with the calibrations: ``data/results/calibration.json`` of the checkout."""
    return home() / "data" / "results" / "calibration.json"


def load_calibration(machine: str, path: Path | None = None) -> Calibration | None:
    """The latest calibration of a machine; None if the machine is not calibrated.

    Raises
    ------
    InvalidValue
        The file of the calibrations is damaged.
    """
    mine = [entry for entry in _entries(path or calibration_file()) if entry.machine == machine]
    return mine[-1] if mine else None


def save_calibration(calibration: Calibration, path: Path | None = None) -> Path:
    """Append a calibration to the file of the calibrations; earlier calibrations stay in the file."""
    target = path or calibration_file()
    entries = [*_entries(target), calibration]
    return write_whole(target, json.dumps([asdict(entry) for entry in entries], indent=1))


def _entries(path: Path) -> Sequence[Calibration]:
    if not path.exists():
        return []
    try:
        return [Calibration(**entry) for entry in json.loads(path.read_text())]
    except (ValueError, TypeError) as error:
        raise InvalidValue(
            f"calibration file {str(path)!r} must be a file that atelier doctor --calibrate wrote; it cannot be read "
            f"({error}). Move the file away and calibrate again."
        ) from None
