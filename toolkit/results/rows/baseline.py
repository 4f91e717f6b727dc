"""What a row is held against: the usual way of doing the same thing on the same machine with as many threads."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from toolkit.analysis.scaling import ratio_of
from toolkit.analysis.stats import Estimate
from toolkit.core.choices import Device, Precision
from toolkit.results.rows.summary import Summary

USUAL = ("torch", "opencv")
"""Backends whose plain fp32 is what people start from, the first that was measured; else the slowest plain row."""


def speedups(rows: Iterable[Summary]) -> dict[int, Estimate | None]:
    """How many times faster than its baseline each row is, by ``id(row)``; None for the baseline itself.

    Rows are compared that do the same to the same pictures with as many threads and workers. A row that is not there
    has no baseline, is wrong, or is alone.
    """
    groups: dict[tuple[object, ...], list[Summary]] = defaultdict(list)
    for s in rows:
        if s.is_ok and math.isfinite(s.latency.value):
            groups[(s.group, s.trial.placement.threads, s.trial.workers)].append(s)
    found: dict[int, Estimate | None] = {}
    for members in groups.values():
        if len(members) > 1:
            base = baseline_of(members)
            found |= {id(s): None if s is base else ratio_of(base.latency, s.latency) for s in members}
    return found


def baseline_of(rows: Sequence[Summary]) -> Summary:
    """The plain row of torch, else of OpenCV, else the slowest plain one; plain is fp32 on the CPU without options."""
    plain = (
        [s for s in rows if _is_plain(s)] or [s for s in rows if s.precision == Precision.FP32] or list(rows)
    )
    usual = (s for backend in USUAL for s in plain if s.trial.backend == backend)
    return next(usual, max(plain, key=lambda s: s.latency.value))


def _is_plain(s: Summary) -> bool:
    place = s.trial.placement
    return (
        place.precision == Precision.FP32
        and place.device == Device.CPU
        and not place.options
        and not s.trial.is_reloaded
    )
