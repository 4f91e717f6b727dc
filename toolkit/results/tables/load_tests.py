"""Table of load tests: sent requests, responses, percentiles of latency, and lag and processor time of the sender."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from toolkit.analysis.percentiles import Percentile, samples_needed
from toolkit.contracts.load_test import LoadTest
from toolkit.core import units
from toolkit.results.rows.load_test import QUANTILES, LoadRow, load_row
from toolkit.results.tables.layout import Cell, Column, Table, text_column
from toolkit.results.tables.percentiles import percentile_text


def load_table(tests: Sequence[LoadTest], *, names: Sequence[str] = (), title: str = "Load tests") -> Table:
    """Make a table with a row for each load test.

    Parameters
    ----------
    tests : sequence of LoadTest
        The load tests, one for each row.
    names : sequence of str
        Name of each row; if `names` is empty, the table has no column of names.
    """
    import pandas as pd

    rows = [load_row(test) for test in tests]
    name_of = dict(zip(map(id, rows), names, strict=True)) if names else {}
    called = [text_column("service", lambda row: name_of[id(row)])] if names else []
    needed = ", ".join(f"{samples_needed(q)} for {_name(q)}" for q in QUANTILES[1:])
    columns = [
        *called,
        Column("rate", lambda row: row.test.rate_per_s, unit="1/s"),
        Column("sent", lambda row: str(row.n_sent)),
        Column("answered", lambda row: row.answered_per_s, unit="1/s"),
        Column("refused", lambda row: str(row.n_refused)),
        Column("failed", lambda row: str(row.n_failed)),
        *(Column(_name(q), _latency(q), unit="ms") for q in QUANTILES),
        Column("service p50", lambda row: latency_text(row.service[0.5]), unit="ms", short="service"),
        Column("sender's lag p95", lambda row: row.lag_p95_s, unit="ms", scale=1e-3, short="lag"),
        Column("sender's CPU", lambda row: f"{100 * row.test.cpu_share:.0f}", unit="%", short="CPU"),
        text_column("valid", lambda row: "yes" if row.test.is_valid else "INVALID"),
    ]
    reasons = dict.fromkeys(f"INVALID: {test.bottleneck}" for test in tests if not test.is_valid)
    cached = sum(test.n_cached for test in tests)
    return Table.of(
        rows,
        columns,
        title=title,
        frame=pd.DataFrame([_raw(row, name_of.get(id(row), "")) for row in rows]),
        notes=[
            *reasons,
            "Latency counts from the time when a request was due to its complete response; a failed "
            "request is infinitely late, a refused request (429) is left out.",
            f"≥: at least, because there are too few requests for an upper bound (needed: {needed}).",
            _of_service(rows),
            *([f"{units.counted(cached, 'answer')} came from the service's cache."] if cached else []),
        ],
    )


def _of_service(rows: Sequence[LoadRow]) -> str:
    alone = "the time from sending to the response, for requests during which no other request was open."
    if any(row.is_said for row in rows):
        said = "service: the working time that the service reports for a request"
        return f"{said}; for a service that does not report it, {alone}"
    return f"service: {alone}"


def _latency(quantile: float) -> Callable[[LoadRow], Cell]:
    def read(row: LoadRow) -> Cell:
        return Cell(latency_text(row.latency[quantile]), is_struck=not row.test.is_valid)

    return read


def latency_text(found: Percentile) -> str:
    """A percentile of latency in milliseconds; ∞ if too many requests failed for a value.

    >>> from toolkit.analysis.percentiles import percentile
    >>> latency_text(percentile([0.1] * 9 + [float("inf")] * 9, 0.5))
    '100'
    """
    return "∞" if found.claim == "value" and found.value == float("inf") else percentile_text(found, 1e-3)


def _name(quantile: float) -> str:
    return f"p{100 * quantile:.0f}"


def _raw(row: LoadRow, name: str) -> dict[str, object]:
    parts = ("value", "low", "high")
    latencies = {f"{_name(q)}_{part}_s": getattr(p, part) for q, p in row.latency.items() for part in parts}
    return {
        "service": name or row.test.service,
        "target": row.test.target,
        "arrivals": row.test.arrivals,
        "rate_per_s": row.test.rate_per_s,
        "duration_s": row.test.duration_s,
        "seed": row.test.seed,
        "sent": row.n_sent,
        "ok": row.n_ok,
        "refused": row.n_refused,
        "failed": row.n_failed,
        "answered_per_s": row.answered_per_s,
        **latencies,
        "service_p50_s": row.service[0.5].value,
        "service_p95_s": row.service[0.95].value,
        "lag_p95_s": row.lag_p95_s,
        "cpu_share": row.test.cpu_share,
        "bottleneck": row.test.bottleneck,
    }
