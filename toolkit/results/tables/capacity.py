"""Make the table of capacity plans: workers, threads, machines, memory and cost for a rate of pictures."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.analysis.capacity import Latency
from toolkit.core import units
from toolkit.results.rows.capacity import Answer, Capacity
from toolkit.results.tables.layout import Cell, Column, Table, text_column
from toolkit.results.tables.percentiles import percentile_text

_INTERVAL = "95 % interval"


def capacity_table(found: Capacity, *, assumptions: Sequence[str] = ()) -> Table:
    """Make a table of plans: the best setting of a machine, and the number of machines for the target throughput."""
    import pandas as pd

    has_cost = found.need.price_per_hour is not None
    columns = [
        Column("size", _size, unit="MP"),
        text_column("operation@backend", lambda a: Cell(a.table.label, is_best=a.is_best)),
        Column("workers", _workers, short="wrk"),
        Column("threads", lambda a: str(a.plan.setting.threads), short="thr"),
        Column("rate", lambda a: a.plan.setting.rate.value, unit="images/s"),
        Column(_INTERVAL, _rate_interval, unit="images/s", gives_way=1),
        Column("p95", _latency, unit=_LATENCY_UNIT),
        Column("memory", lambda a: a.plan.setting.peak_bytes, unit="MB", scale=1e6),
        Column("machines", lambda a: str(a.plan.most_machines)),
        Column("interval", _machines_interval, gives_way=2),
        *([Column("1000 cost", _cost)] if has_cost else []),
    ]
    return Table.of(
        found.answers,
        columns,
        title=_title(found),
        frame=pd.DataFrame([_raw(answer) for answer in found.answers]),
        groups=_groups(found.answers),
        notes=[
            "rate, p95, memory: values of one machine. machines: number of machines that the target needs if the rate "
            "of each machine is the lower end of its interval.",
            *assumptions,
        ],
    )


_LATENCY_UNIT = "ms"


def _title(found: Capacity) -> str:
    need = found.need
    limit = f", p95 at most {units.seconds(need.latency_p95_s)}" if need.latency_p95_s else ""
    price = f", price of a machine {need.price_per_hour:g} per hour" if need.price_per_hour else ""
    return (
        f"Capacity for {units.number(need.target_ips)} pictures per second of {found.operation}{limit}{price}"
    )


def _size(answer: Answer) -> str:
    size = answer.table.megapixels
    return units.NOT_AVAILABLE if size is None else units.megapixels(size)


def _workers(answer: Answer) -> str:
    setting = answer.plan.setting
    return str(setting.workers) if setting.is_measured else f"({setting.workers})"


def _rate_interval(answer: Answer) -> str:
    rate = answer.plan.setting.rate
    return "" if rate.low is None or rate.high is None else units.interval(rate.low, rate.high)


def _latency(answer: Answer) -> Cell:
    found = answer.plan.setting.latency_p95
    text = units.NOT_AVAILABLE if found is None else percentile_text(found, 1e-3)
    mark = {Latency.KEPT: "", Latency.NOT_SURE: " ?", Latency.BROKEN: " too long"}[answer.plan.latency]
    return Cell(f"{text}{mark}")


def _machines_interval(answer: Answer) -> str:
    plan = answer.plan
    if not plan.setting.rate.has_interval:
        return ""
    return f"[{plan.fewest_machines}, {plan.most_machines}]"


def _cost(answer: Answer) -> str:
    cost = answer.plan.cost_of_1000
    if cost is None:
        return units.NOT_AVAILABLE
    if cost.low is None or cost.high is None or cost.low == cost.high:
        return units.number(cost.value)
    return units.interval(cost.low, cost.high)


def _groups(answers: Sequence[Answer]) -> list[int]:
    """Indices of the rows at which another picture size begins."""
    sizes = [answer.table.megapixels for answer in answers]
    return [number for number in range(1, len(sizes)) if sizes[number] != sizes[number - 1]]


def _raw(answer: Answer) -> dict[str, object]:
    plan, rates = answer.plan, answer.table
    setting, p95, cost = plan.setting, plan.setting.latency_p95, plan.cost_of_1000
    return {
        "size_mp": rates.megapixels,
        "operation_backend": rates.name,
        "settings": rates.settings,
        "machine": rates.machine,
        "physical_cores": rates.cores,
        "workers": setting.workers,
        "threads": setting.threads,
        "is_measured": setting.is_measured,
        "throughput_ips": setting.rate.value,
        "throughput_low_ips": setting.rate.low,
        "throughput_high_ips": setting.rate.high,
        "latency_p95_s": p95 and p95.value,
        "latency_p95_low_s": p95 and p95.low,
        "latency_p95_high_s": p95 and p95.high,
        "latency_limit": str(plan.latency),
        "memory_peak_bytes": setting.peak_bytes,
        "machines": plan.machines,
        "machines_low": plan.fewest_machines,
        "machines_high": plan.most_machines,
        "load": plan.load,
        "cost_of_1000": cost and cost.value,
        "cost_of_1000_low": cost and cost.low,
        "cost_of_1000_high": cost and cost.high,
        "is_best": answer.is_best,
    }
