"""Table of services side by side: capacity under an objective, memory, and behaviour in overload."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from toolkit.contracts.load_test import LoadTest
from toolkit.core import units
from toolkit.results.rows.load_capacity import Capacity
from toolkit.results.rows.load_test import LoadRow, load_row
from toolkit.results.tables.layout import Cell, Column, Table, text_column
from toolkit.results.tables.load_tests import latency_text


@dataclass(frozen=True, kw_only=True)
class ServiceUnderLoad:
    """A service and the results of its load tests.

    Attributes
    ----------
    name : str
        Name of the service.
    one_s : float
        Latency of one picture without other requests, s.
    capacity : Capacity
        Highest request rate at which the objective held, with its upper bound.
    overload : mapping of int to LoadTest
        Load tests by request rate; the rate is a multiple of the highest capacity of all services.
    memory_bytes : int or None
        Peak memory of all processes of the service in overload; None if the kernel does not report it.
    """

    name: str
    one_s: float
    capacity: Capacity
    overload: Mapping[int, LoadTest] = field(default_factory=dict)
    memory_bytes: int | None = None


def service_table(services: Sequence[ServiceUnderLoad], *, title: str = "Capacity of each service") -> Table:
    """Make a table with a row for each service; the highest capacity is marked."""
    import pandas as pd

    most = max((one.capacity.held_per_s or 0.0 for one in services), default=0.0)
    factors = sorted({factor for one in services for factor in one.overload})
    columns = [
        text_column("service", lambda one: one.name),
        Column("one picture", lambda one: one.one_s, unit="ms", scale=1e-3),
        Column(
            "capacity",
            lambda one: Cell(_capacity(one), is_best=one.capacity.held_per_s == most),
            unit="1/s",
        ),
        Column("not", lambda one: one.capacity.broken_per_s, unit="1/s"),
        *(column for factor in factors for column in _of_overload(factor)),
        Column("memory", lambda one: one.memory_bytes, unit="MB", scale=1e6),
    ]
    return Table.of(
        services,
        columns,
        title=title,
        frame=pd.DataFrame([_raw(one, factors) for one in services]),
        notes=[
            "capacity: the highest request rate at which the objective held; not: the lowest request rate at which the "
            "objective failed. ≥: the capacity may be higher, because the sender could not send faster.",
            "2 x, 4 x: overload with 2 and 4 times the highest capacity of all services, the same requests for each "
            "service. The columns are answers per second within the time limit, requests refused with 429, "
            "requests that failed (an error, or no answer in time), and the median latency of requests that were "
            "not refused.",
            "memory: largest proportional set size of all processes of the service under overload.",
        ],
    )


def _capacity(one: ServiceUnderLoad) -> str:
    found = one.capacity
    more = "≥ " if found.broken_per_s is None and found.held_per_s is not None else ""
    return more + units.number(found.held_per_s)


def _of_overload(factor: int) -> list[Column]:
    def of(read: Callable[[LoadRow], str | float]) -> Callable[[ServiceUnderLoad], str | float | None]:
        return lambda one: read(load_row(one.overload[factor])) if factor in one.overload else None

    name = f"{factor} x:"
    return [
        Column(f"{name} answered", of(lambda row: row.answered_per_s), unit="1/s", short=f"{name} ok"),
        Column(f"{name} refused", of(lambda row: units.percent(row.n_refused / max(1, row.n_sent)))),
        Column(f"{name} failed", of(lambda row: units.percent(row.n_failed / max(1, row.n_sent)))),
        Column(f"{name} p50", of(lambda row: latency_text(row.latency[0.5])), unit="ms"),
    ]


def _raw(one: ServiceUnderLoad, factors: Sequence[int]) -> dict[str, object]:
    plain: dict[str, object] = {
        "service": one.name,
        "one_s": one.one_s,
        "held_per_s": one.capacity.held_per_s,
        "broken_per_s": one.capacity.broken_per_s,
        "is_sure": one.capacity.is_sure,
        "memory_bytes": one.memory_bytes,
    }
    for factor in factors:
        if factor in one.overload:
            row = load_row(one.overload[factor])
            plain |= {
                f"x{factor}_sent": row.n_sent,
                f"x{factor}_ok": row.n_ok,
                f"x{factor}_refused": row.n_refused,
                f"x{factor}_failed": row.n_failed,
                f"x{factor}_answered_per_s": row.answered_per_s,
                f"x{factor}_p50_s": row.latency[0.5].value,
                f"x{factor}_p95_s": row.latency[0.95].value,
            }
    return plain
