"""Rows whose pipeline stages were timed apart."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit.contracts.measurement import STAGES, Measurement
from toolkit.results.rows.naming import in_order
from toolkit.results.rows.summary import Summary, newest, summarise

ONCE = STAGES[1:]
"""Paid once a process, before its second picture."""


def pipeline_rows(measurements: Iterable[Measurement]) -> list[Summary]:
    """Rows whose stages are told apart, in the order of a table."""
    return [s for s in in_order(summarise(newest(measurements))) if s.pipeline_s]


def end_to_end_s(s: Summary) -> float:
    """Seconds from file to file of one picture: the sum of its stages."""
    return sum(s.pipeline_s.values())


def infer_share(s: Summary) -> float:
    """Share of the network itself in a picture's time, 0..1."""
    return s.pipeline_s.get("infer", 0.0) / end_to_end_s(s)
