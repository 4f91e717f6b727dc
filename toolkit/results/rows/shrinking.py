"""Pair rows whose input picture was shrunk before the operation with the rows of the full-size picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from toolkit.analysis.ratios import ratio_of
from toolkit.analysis.stats import Estimate
from toolkit.contracts.trial import Step
from toolkit.contracts.turns import took_turns
from toolkit.core import units
from toolkit.core.params import value_text
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary


class Shrunken(NamedTuple):
    """A row with a shrunken input, the row of the full-size input, and the speed-up by shrinking.

    The speed-up is None if the shrunken and the full-size row were not measured in turns.
    """

    small: Summary
    full: Summary
    speedup: Estimate | None

    @property
    def quality(self) -> Mapping[str, float]:
        """PSNR and SSIM of the result from the shrunken input."""
        return self.small.measurement.quality


def shrunken(measured: Iterable[Measured]) -> list[Shrunken]:
    """Pair each row of a shrunken input with the row of its trial on the full input, if both pictures are right."""
    rows = [s for s in newest_rows(measured) if s.is_ok]
    full_size = {(s.trial, s.environment): s for s in rows if not s.trial.steps}
    found = []
    for s in rows:
        full = full_size.get((s.trial.with_(steps=()), s.environment))
        if s.trial.steps and full is not None:
            is_together = took_turns(full.measurement, s.measurement)
            found.append(Shrunken(s, full, ratio_of(full.latency, s.latency) if is_together else None))
    return found


def steps_text(steps: Iterable[Step]) -> str:
    """Write the operations that run before the main operation (pre-steps) as text.

    >>> steps_text([("fit_pixels", (("pixels", 2_000_000), ("interpolation", "area")))])
    'fit_pixels 2.0 MP'
    """
    return ", ".join(f"{name} {' '.join(_value(*pair) for pair in given)}".strip() for name, given in steps)


def _value(name: str, value: object) -> str:
    if name == "pixels" and isinstance(value, int):
        return units.pixel_count(value)
    return "" if name == "interpolation" else f"{name} {value_text(value)}"
