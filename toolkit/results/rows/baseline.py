"""Compute the speed-up of each row over its baseline: the usual backend with the same operation and threads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from toolkit.analysis.ratios import ratio_of
from toolkit.analysis.stats import Estimate
from toolkit.contracts.turns import took_turns
from toolkit.core.choices import Device, Precision
from toolkit.results.rows.summary import RowKey, Summary

USUAL = ("torch", "opencv")
"""Backends in the order in which they are preferred as the baseline, with fp32 and without options."""


def speedups(rows: Iterable[Summary]) -> dict[RowKey, Estimate | None]:
    """Speed-up of each row over its baseline, by the row's key; None for the baseline itself.

    Two rows are compared only if they have the same operation, parameters, pictures, threads, workers and executor,
    and were measured in turns. A row has no entry if its picture is wrong, if no row can be compared with this row,
    or if `measured_apart` has an entry for this row.
    """
    found: dict[RowKey, Estimate | None] = {}
    for base, others in _with_baseline(rows):
        together = [s for s in others if took_turns(base.measurement, s.measurement)]
        found |= {s.key: ratio_of(base.latency, s.latency) for s in together}
        if together:
            found[base.key] = None
    return found


def measured_apart(rows: Iterable[Summary]) -> dict[RowKey, Summary]:
    """The baseline of each row that was not measured in turns with its baseline, by the row's key."""
    return {
        s.key: base
        for base, others in _with_baseline(rows)
        for s in others
        if not took_turns(base.measurement, s.measurement)
    }


def _with_baseline(rows: Iterable[Summary]) -> Iterator[tuple[Summary, list[Summary]]]:
    """Each baseline, with the other rows of right pictures of its operation, threads, workers and executor."""
    groups: dict[tuple[object, ...], list[Summary]] = defaultdict(list)
    for s in rows:
        if s.is_ok and s.is_timed:
            groups[(s.group, s.trial.placement.threads, s.trial.workers, s.trial.executor)].append(s)
    for members in groups.values():
        base = baseline_of(members)
        yield base, [s for s in members if s is not base]


def baseline_of(rows: Sequence[Summary]) -> Summary:
    """The baseline of some rows: fp32 on the CPU without options, with torch, else OpenCV, else the slowest backend."""
    plain = (
        [s for s in rows if _is_plain(s)] or [s for s in rows if s.precision == Precision.FP32] or list(rows)
    )
    usual = (s for backend in USUAL for s in plain if s.trial.backend == backend)
    return next(usual, max(plain, key=lambda s: s.latency.value))


def _is_plain(s: Summary) -> bool:
    place = s.trial.placement
    is_usual = place.precision == Precision.FP32 and place.device == Device.CPU
    return is_usual and not place.options and not s.trial.is_reloaded
