"""Describe a capacity plan in sentences: the recommended setting, and the assumptions of its numbers."""

from __future__ import annotations

from toolkit.analysis.capacity import Latency
from toolkit.core import units
from toolkit.results.rows.capacity import Answer, Capacity


def assumptions(found: Capacity) -> list[str]:
    """Sentences that state the assumptions of a capacity plan."""
    machines = list(dict.fromkeys(answer.table.machine for answer in found.answers))
    where = "this machine" if found.is_of_here else "another machine"
    said = [
        f"Every machine equals the measured machine ({where}: {'; '.join(machines)}) and runs nothing else.",
        "Every worker is always busy, and the pictures are distributed evenly. The latency does not include waiting in "
        "a queue: at a load near 100 %, pictures that arrive at random wait long.",
        "The rate is the throughput of the operation alone, without reading, decoding, encoding and the network "
        "between machines.",
        "An interval is the 95 % interval over blocks of the throughput of one machine.",
    ]
    if any(not answer.plan.setting.is_measured for answer in found.answers):
        said.append(
            "A number of workers in parentheses was not measured: its throughput comes from the scaling law, and its "
            "latency is the measured latency of the next larger number of workers."
        )
    if any(answer.table.cores is None for answer in found.answers):
        said.append("The table does not name the physical cores: the workers of some rows may share cores.")
    if found.need.price_per_hour is not None:
        said.append("All machines are paid all the time, also for throughput that the target does not use.")
    if any(answer.plan.setting.peak_bytes for answer in found.answers):
        said.append(
            "Memory is the measured peak of all processes of one machine; this number has no interval."
        )
    if any(not answer.table.is_in_turns for answer in found.answers):
        said.append(
            "Some rates were measured apart, not in turns: the machine may have changed between the measurements."
        )
    suspects = sum(point.is_suspect for answer in found.answers for point in answer.table.points)
    if suspects:
        said.append(
            f"The machine was busy during {units.counted(suspects, 'measurement')}, so these rates may be too low."
        )
    return said


def recommendation(answer: Answer) -> str:
    """One sentence that recommends machines, workers and threads for one picture size."""
    plan = answer.plan
    setting, need = plan.setting, plan.need
    way = f"{units.workers_text(setting.workers)} of {units.threads_text(setting.threads)}"
    size = "" if answer.table.megapixels is None else f" of {units.megapixels(answer.table.megapixels)} MP"
    wanted = f"{units.number(need.target_ips)} pictures{size} per second"
    limit = units.seconds(need.latency_p95_s)
    if plan.latency is Latency.BROKEN:
        least = setting.latency_p95
        has = f": {units.seconds(least.value if least else None)} with {way}"
        return f"For {wanted}: no measured setting of {answer.table.label} has a p95 latency of at most {limit}{has}."
    parts = [f"For {wanted} take {_machines(plan.most_machines)} with {way} of {answer.table.label}"]
    if setting.peak_bytes:
        parts.append(f"{units.byte_count(setting.peak_bytes)} of memory each")
    parts.append(f"load {units.percent(plan.load)}")
    if plan.cost_of_1000:
        cost = plan.most_machines * (need.price_per_hour or 0) / 3.6 / need.target_ips
        parts.append(f"1000 pictures cost {units.number(cost)}")
    if plan.latency is Latency.NOT_SURE:
        parts.append(f"not sure that the p95 latency is at most {limit}")
    return "; ".join(parts) + "."


def why_not_sure(found: Capacity) -> str:
    """A clause that says why it is not known whether the limit of latency holds, and how to find out."""
    if all(answer.plan.setting.latency_p95 is None for answer in found.answers):
        return "the table has no latencies, so the p95 latency is not known; add the column latency_p95_s to the table."
    return (
        "too few calls were measured to be sure of the p95 latency; atelier bench --full measures more calls."
    )


def _machines(count: int) -> str:
    return "one machine" if count == 1 else f"{count} machines, each"
