"""The Pareto front of a search over value, quality of the picture, and memory."""

from __future__ import annotations

import math
from collections.abc import Mapping

from toolkit.studies.tune.constraints import Look


def pareto_front(looks: Mapping[int, Look]) -> list[int]:
    """Settings that no other settings dominate (as good in everything, better in something), smallest value first.

    Memory counts only if it was measured for both compared settings. Qualities that are equal in tenths of a
    decibel count as equal.

    >>> looks = {0: Look(value=1.0, agreement_db=41.0), 1: Look(value=2.0, agreement_db=50.0), 2: Look(value=3.0)}
    >>> pareto_front(looks)
    [0, 1]
    """
    able = {cell: look for cell, look in looks.items() if look.has_value}
    front = [cell for cell in able if not any(_beats(other, able[cell]) for other in able.values())]
    return sorted(front, key=lambda cell: able[cell].value)


def quality_db(look: Look) -> float:
    """PSNR of a picture against ground truth or full size, else against the reference picture; -inf if unknown."""
    known = [value for value in (look.psnr_db, look.agreement_db) if value is not None]
    return min(known) if known else -math.inf


def _beats(one: Look, other: Look) -> bool:
    pairs = [(one.value, other.value), (-_shown(quality_db(one)), -_shown(quality_db(other)))]
    if one.memory_bytes is not None and other.memory_bytes is not None:
        pairs.append((one.memory_bytes, other.memory_bytes))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def _shown(decibels: float) -> float:
    return round(decibels, 1) if math.isfinite(decibels) else decibels
