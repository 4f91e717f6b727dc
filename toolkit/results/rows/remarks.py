"""What has to be said of a row besides its numbers: doubts, thread findings with their cure, warm-up, drift."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime

from toolkit.analysis.drift import Drift, sentinel_drift
from toolkit.contracts.measurement import Measurement
from toolkit.core import units
from toolkit.results.rows.summary import Summary

DRIFT_THAT_MATTERS = 0.02
"""Interleaving cancels drift within a comparison; beyond 2 % the absolute times are worth a warning too."""


def remarks_of(row: Summary) -> list[str]:
    """Sentences about one row, without a full stop; the same kind of remark reads alike in every row.

    Doubts about the machine come first, then what is wrong with the threads and its cure, then the warm-up.
    """
    said = [f"suspect: {doubt}" for doubt in row.measurement.suspect]
    said += [f"threads: {finding.sentence}; {finding.cure}" for finding in row.measurement.findings]
    if not row.steady.is_steady:
        said.append(
            "never steady: the time of a call still changed in the second half of each process's calls; "
            "only that half counts"
        )
    elif row.steady.start:
        said.append(f"warm-up left out, calls of each process besides the first: {row.steady.start}")
    return said


def drift_remarks(rows: Iterable[Summary]) -> list[str]:
    """A sentence for each set of interleaved rows during which the sentinel became faster or slower."""
    together: dict[tuple[float, ...], list[Measurement]] = {}
    for row in rows:
        times = tuple(seconds for _, seconds in _rounds(row.measurement))
        together.setdefault(times, []).append(row.measurement)
    said = []
    for members in together.values():
        drift = drift_of(members[0])
        if drift.is_drifting and abs(drift.change) >= DRIFT_THAT_MATTERS:
            trial, word = members[0].trial, "slower" if drift.change > 0 else "faster"
            said.append(
                f"drift: while {trial.operation} was measured at {units.megapixels(trial.megapixels)} MP the "
                f"machine itself became {units.percent(abs(drift.change))} {word} over {drift.n_rounds} rounds; "
                "rows measured in turns can be compared all the same."
            )
    return said


def drift_of(measurement: Measurement) -> Drift:
    """What the sentinel says of the machine during one measurement; NaN with fewer than four rounds."""
    rounds = _rounds(measurement)
    return sentinel_drift([at for at, _ in rounds], [seconds for _, seconds in rounds])


def _rounds(measurement: Measurement) -> Sequence[tuple[float, float]]:
    """When each round's block began, s, and what the sentinel took."""
    found = []
    for block in measurement.blocks:
        seconds = block.noise.get("sentinel_s")
        if seconds is not None and math.isfinite(seconds):
            found.append((datetime.fromisoformat(block.started).timestamp(), seconds))
    return found
