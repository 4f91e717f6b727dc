"""The summary at the top of notebook ``61_service``: the capacity of each service, and its behaviour in overload."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.apps.service.comparison import OURS, QUEUED, SYNCHRONOUS
from toolkit.contracts.fingerprint import fingerprint
from toolkit.core import units
from toolkit.results.first_screen.origin import facts_of, machine_line
from toolkit.results.first_screen.screen import Card, FirstScreen, Tag
from toolkit.results.rows.load_test import LoadRow, load_row
from toolkit.results.tables.load_capacities import ServiceUnderLoad

_CHANGE = {
    SYNCHRONOUS: "load the model once; limit the length of the queue; answer 429 when the queue is full",
    QUEUED: "more than one worker; an immediate answer, and a queue as long as clients are willing to wait",
    OURS: "more workers, if there are free cores: --workers 1..4",
}


def service_screen(services: Sequence[ServiceUnderLoad], *, operation: str) -> FirstScreen:
    """Make the summary of a comparison of services: a text box (card) for each service."""
    machine = fingerprint()
    invalid = [test for one in services for test in one.overload.values() if not test.is_valid]
    is_sure = all(one.capacity.is_sure for one in services)
    tags = [Tag("each service ran once, so its capacity has no confidence interval")]
    tags += [Tag("INVALID tests: the sender was the bottleneck", is_warning=True)] if invalid else []
    tags += (
        [] if is_sure else [Tag("short tests: the bounds of the capacities are uncertain", is_warning=True)]
    )
    return FirstScreen(
        lead=_lead(services),
        machine=machine_line(machine),
        facts=facts_of([], machine),
        tags=tags,
        fingerprint=machine,
        cards=[_card(one, operation) for one in services],
    )


def _lead(services: Sequence[ServiceUnderLoad]) -> str:
    slo = services[0].capacity.slo
    goal = f"{slo.name} within {units.seconds(slo.limit_s)}"
    carried = ", ".join(f"{one.name} **{_carried(one)}**" for one in services)
    factor = max((factor for one in services for factor in one.overload), default=0)
    if not factor:
        return f"Pictures a second that each service answers with the {goal}: {carried}."
    answered = ", ".join(
        f"{one.name} **{_per_s(load_row(one.overload[factor]).answered_per_s)}**" for one in services
    )
    return (
        f"Pictures a second that each service answers with the {goal}: {carried}. At {factor} times the highest "
        f"of these rates, pictures per second that each service answers within "
        f"{units.seconds(services[0].overload[factor].duration_s)}: {answered}."
    )


def _card(one: ServiceUnderLoad, operation: str) -> Card:
    found = one.capacity
    goal = f"{found.slo.name} within {units.seconds(found.slo.limit_s)}"
    figures = [
        (
            f"{_carried(one).replace('at least', '≥')} /s",
            f"pictures answered with the {goal}{_bound(found.broken_per_s)}",
        )
    ]
    if one.memory_bytes is not None:
        figures.append(
            (units.byte_count(one.memory_bytes), "peak memory of all processes of the service in overload")
        )
    rows = {factor: load_row(test) for factor, test in sorted(one.overload.items())}
    said = ". ".join(f"{factor} x: {_overload(row)}" for factor, row in rows.items())
    is_calm = all(row.n_failed == 0 for row in rows.values())
    return Card(
        title=one.name[:1].upper() + one.name[1:],
        name=operation,
        verb="To raise the capacity:",
        take=_CHANGE.get(one.name, ""),
        figures=figures,
        sure=f"{said}." if said else "",
        is_sure=is_calm,
    )


def _bound(broken_per_s: float | None) -> str:
    return "" if broken_per_s is None else f", but no longer at {units.number(broken_per_s)} /s"


def _carried(one: ServiceUnderLoad) -> str:
    """The capacity as text; "at least" if no rate failed, because the sender could not send faster."""
    more = "" if one.capacity.broken_per_s is not None else "at least "
    return f"{more}{_per_s(one.capacity.held_per_s)}"


def _overload(row: LoadRow) -> str:
    parts = {"refused at once": row.n_refused, "failed or too late": row.n_failed, "answered": row.n_ok}
    shares = [f"{units.percent(count / max(1, row.n_sent))} {name}" for name, count in parts.items() if count]
    return ", ".join(shares)


def _per_s(value: float | None) -> str:
    return "none" if value is None else units.number(value)
