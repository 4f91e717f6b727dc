"""Write the result of a load test, and of a search for a capacity, in sentences."""

from __future__ import annotations

from toolkit.analysis.percentiles import Percentile
from toolkit.contracts.load_test import LoadTest, Slo
from toolkit.core import units
from toolkit.results.rows.load_capacity import Capacity
from toolkit.results.rows.load_test import load_row, verdict


def load_sentence(test: LoadTest) -> str:
    """A sentence on the rate, the p95 of latency, and refused and failed requests.

    Examples
    --------
    >>> from toolkit.results.rows.load_test import example_test
    >>> print(load_sentence(example_test()))
    At 1.00 requests a second the p95 of latency is at least 250 ms; 1 request was refused (429), and 1 failed: ...
    """
    row = load_row(test)
    refused = f"{_requests(row.n_refused)} refused (429)" if row.n_refused else "no request was refused"
    reasons = ", ".join(f"{reason} ({count})" for reason, count in row.failures.items())
    failed = f"{row.n_failed} failed: {reasons}" if row.n_failed else "no request failed"
    rate = f"At {units.number(test.rate_per_s)} requests a second"
    said = f"{rate} the p95 of latency is {_latency(row.latency[0.95])}; {refused}, and {failed}."
    return (
        said
        if test.is_valid
        else f"INVALID: {test.bottleneck} The capacity of the service may be higher. {said}"
    )


def slo_sentence(test: LoadTest, slo: Slo) -> str:
    """A sentence that says whether an objective held at the rate of a test."""
    found = verdict(test, slo)
    held = "held" if found.is_held else "did not hold"
    sure = (
        ""
        if found.is_sure
        else " The answer is uncertain, because the confidence bounds of the percentile include the limit: test longer."
    )
    return f"The objective, a {slo.name} of latency of at most {units.seconds(slo.limit_s)}, {held}.{sure}"


def capacity_sentence(found: Capacity) -> str:
    """A sentence on the capacity of a service and its upper bound."""
    goal = f"{found.slo.name} of latency of at most {units.seconds(found.slo.limit_s)}"
    held, broken = found.held_per_s, found.broken_per_s
    if held is None and broken is None:
        return f"INVALID: {found.bottleneck}"
    if held is None:
        return f"The service meets a {goal} at none of the tested rates; the lowest tested rate was {_rate(broken)}."
    said = f"The service sustains {_rate(held)} with a {goal}"
    if broken is None:
        return (
            f"{said}, and perhaps more. INVALID at higher rates: {found.bottleneck}"
            if found.bottleneck
            else f"{said}, and perhaps more."
        )
    said = f"{said}, and not {_rate(broken)}."
    return (
        said
        if found.is_sure
        else (
            f"{said} The capacity is uncertain, because the confidence bounds of the percentile include the "
            "limit: run longer tests."
        )
    )


def _latency(found: Percentile) -> str:
    if found.claim == "n/a":
        return "n/a, because too few requests were sent"
    if found.claim == "at least":
        return f"at least {units.seconds(found.low)}"
    if found.value == float("inf"):
        return "infinite, because too many requests failed"
    return units.seconds(found.value)


def _rate(per_s: float | None) -> str:
    return f"{units.number(per_s)} requests a second"


def _requests(count: int) -> str:
    return f"{units.counted(count, 'request')} {'was' if count == 1 else 'were'}"
