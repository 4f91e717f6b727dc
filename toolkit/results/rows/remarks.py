"""Write remarks about measurements: disturbed blocks, problems with threads and their cure, warm-up, drift."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from toolkit.analysis.drift import sentinel_drift
from toolkit.contracts.measurement import Measurement
from toolkit.core import units
from toolkit.machine.noise import is_about_processors
from toolkit.results.rows.summary import Summary

DRIFT_THAT_MATTERS = 0.02
"""Smallest drift of the machine's speed that a remark reports, as a fraction of the time."""

_BUSY = "busy: "
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def remarks_of(row: Summary) -> list[str]:
    """Remarks about one measurement, without a full stop; remarks of one kind have equal words in every row.

    Remarks about blocks that other processes disturbed come first, then problems with threads, then the warm-up.
    """
    said = [
        f"{_BUSY if is_about_processors(doubt) else 'suspect: '}{doubt}" for doubt in row.measurement.suspect
    ]
    said += [f"threads: {finding.sentence}; {finding.cure}" for finding in row.measurement.findings]
    if not row.steady.is_steady:
        said.append(
            "never steady: latency still changed in the second half of each process's calls; "
            "only the second half is used"
        )
    elif row.steady.start:
        said.append(
            f"warm-up left out: the first call of each process and the next {units.counted(row.steady.start, 'call')}"
        )
    return said


def kind_of(remark: str) -> str:
    """The remark without its numbers; all remarks about other programs on the processors are of one kind.

    >>> kind_of("load 3.1 on 2 cores") == kind_of("load 2.8 on 2 cores")
    True
    """
    return _BUSY if remark.startswith(_BUSY) else _NUMBER.sub("#", remark)


def merged(remarks: Iterable[str]) -> dict[str, str]:
    """One sentence for each kind of remark, in which numbers that differ become a range.

    >>> list(merged(["load 3.1 on 2 cores", "steal 4 %", "load 2.8 on 2 cores"]).values())
    ['load 2.8 to 3.1 on 2 cores', 'steal 4 %']
    """
    found: dict[str, dict[str, list[list[str]]]] = defaultdict(lambda: defaultdict(list))
    for remark in remarks:
        found[kind_of(remark)][_NUMBER.sub("#", remark.removeprefix(_BUSY))].append(_NUMBER.findall(remark))
    return {
        kind: (_BUSY if kind == _BUSY else "")
        + "; ".join(_with_ranges(words, numbers) for words, numbers in alike.items())
        for kind, alike in found.items()
    }


def drift_remarks(rows: Iterable[Summary]) -> list[str]:
    """A remark for each set of rows measured in turns, if the machine became faster or slower between the rounds."""
    together: dict[tuple[float, ...], Summary] = {}
    for row in rows:
        together.setdefault(tuple(seconds for _, seconds in _rounds(row.measurement)), row)
    said = []
    for first in together.values():
        rounds = _rounds(first.measurement)
        drift = sentinel_drift([at for at, _ in rounds], [seconds for _, seconds in rounds])
        if drift.is_drifting and abs(drift.change) >= DRIFT_THAT_MATTERS:
            trial, word = first.trial, "slower" if drift.change > 0 else "faster"
            said.append(
                f"drift: while {trial.operation} was measured at {units.megapixels(trial.megapixels)} MP, the "
                f"machine itself became {units.percent(abs(drift.change))} {word} over {drift.n_rounds} rounds; "
                "rows that were measured in turns can still be compared."
            )
    return said


def _rounds(measurement: Measurement) -> Sequence[tuple[float, float]]:
    """Start of each block and the time of its sentinel (a fixed workload that runs before the block), both in s."""
    found = []
    for block in measurement.blocks:
        seconds = block.noise.get("sentinel_s")
        if seconds is not None and math.isfinite(seconds):
            found.append((datetime.fromisoformat(block.started).timestamp(), seconds))
    return found


def _with_ranges(kind: str, numbers: list[list[str]]) -> str:
    sentence, *rest = kind.split("#")
    for values, text in zip(zip(*numbers, strict=True), rest, strict=True):
        low, high = min(values, key=float), max(values, key=float)
        sentence += (low if low == high else f"{low} to {high}") + text
    return sentence
