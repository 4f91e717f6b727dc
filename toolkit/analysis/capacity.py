"""Plan the capacity for a rate of pictures: the best setting of one machine, the number of machines, and their cost."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from toolkit.analysis.percentiles import Percentile
from toolkit.analysis.stats import Estimate


@dataclass(frozen=True, kw_only=True)
class Need:
    """The throughput that machines must reach together, with a limit of latency and a price.

    Attributes
    ----------
    target_ips : float
        Throughput of all machines together, images/s.
    latency_p95_s : float or None
        Largest allowed 95th percentile of latency, s; None without a limit.
    price_per_hour : float or None
        Price of one machine for an hour, in any currency.
    """

    target_ips: float
    latency_p95_s: float | None = None
    price_per_hour: float | None = None


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Numbers of workers and threads on one machine, with the throughput measured or predicted for them.

    Attributes
    ----------
    workers, threads : int
        Number of workers on one machine, and number of threads of each worker.
    rate : Estimate
        Throughput of one machine, images/s.
    latency_p95 : Percentile or None
        95th percentile of the latency of a picture, s; None if latency was not measured.
    peak_bytes : float or None
        Largest memory of all processes of one machine together; None if memory was not measured.
    is_measured : bool
        Whether the throughput was measured; if False, a scaling law predicts it from other numbers of workers.
    """

    workers: int
    threads: int
    rate: Estimate
    latency_p95: Percentile | None = None
    peak_bytes: float | None = None
    is_measured: bool = True


class Latency(StrEnum):
    """Whether the 95th percentile of a setting's latency is within the limit of `Need`."""

    KEPT = "kept"
    NOT_SURE = "not sure"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class CapacityPlan:
    """The setting that every machine uses, and the number of machines that the target throughput needs.

    Attributes
    ----------
    setting : Setting
        The numbers of workers and threads on every machine.
    need : Need
        The target throughput, the limit of latency and the price.
    latency : Latency
        Whether the latency keeps the limit in `need`; `Latency.KEPT` if `need` has no limit of latency.
    """

    setting: Setting
    need: Need
    latency: Latency

    @property
    def machines(self) -> int:
        """Number of machines that reach the target throughput, if each machine has the estimated throughput."""
        return self._machines(self.setting.rate.value)

    @property
    def fewest_machines(self) -> int:
        """Number of machines that reach the target, if each one has the upper end of the throughput's interval."""
        return self._machines(self.setting.rate.high or self.setting.rate.value)

    @property
    def most_machines(self) -> int:
        """Safe number of machines for the target: each one has the lower end of the throughput's interval."""
        return self._machines(self.setting.rate.low or self.setting.rate.value)

    @property
    def load(self) -> float:
        """Share of the throughput of `most_machines` machines that the target uses, 0..1."""
        return self.need.target_ips / (self.most_machines * self.setting.rate.value)

    @property
    def cost_of_1000(self) -> Estimate | None:
        """Cost of 1000 pictures at the target rate, with all machines paid all the time; None without a price."""
        price = self.need.price_per_hour
        if price is None:
            return None
        rate = self.setting.rate
        counts = (self.machines, self.fewest_machines, self.most_machines)
        value, low, high = (count * price / 3600 / self.need.target_ips * 1000 for count in counts)
        ends = (low, high) if rate.has_interval else (None, None)
        return Estimate(value, ends[0], ends[1], rate.n_processes, rate.n_samples)

    def _machines(self, rate_ips: float) -> int:
        return max(1, math.ceil(self.need.target_ips / rate_ips * (1 - 1e-9)))


def latency_of(found: Percentile | None, limit_s: float | None) -> Latency:
    """Whether a percentile of latency is within a limit; not sure if the limit lies between the percentile's bounds.

    >>> latency_of(Percentile(0.95, 0.4, 0.3, 0.6, 80, "value"), 0.5)
    <Latency.NOT_SURE: 'not sure'>
    """
    if limit_s is None:
        return Latency.KEPT
    if found is None:
        return Latency.NOT_SURE
    if found.low > limit_s:
        return Latency.BROKEN
    return Latency.KEPT if found.high <= limit_s else Latency.NOT_SURE


def best_plan(settings: Iterable[Setting], need: Need) -> CapacityPlan | None:
    """The plan with the fewest machines; of equal plans, the one with the fewest busy threads, then the least memory.

    Plans within the limit of latency come first, then plans that may be within the limit, then plans above the limit.

    Returns
    -------
    CapacityPlan or None
        The best plan; None if `settings` is empty.

    Examples
    --------
    >>> settings = [Setting(workers=n, threads=1, rate=Estimate(40.0 * n, None, None, 1, 1)) for n in (1, 2)]
    >>> plan = best_plan(settings, Need(target_ips=200, price_per_hour=0.36))
    >>> plan.setting.workers, plan.machines, round(plan.cost_of_1000.value, 6)
    (2, 3, 0.0015)
    """
    plans = [
        CapacityPlan(setting=setting, need=need, latency=latency_of(setting.latency_p95, need.latency_p95_s))
        for setting in settings
    ]
    return min(plans, key=_rank, default=None)


def _rank(plan: CapacityPlan) -> tuple[float, ...]:
    setting = plan.setting
    return (
        list(Latency).index(plan.latency),
        plan.most_machines,
        setting.workers * setting.threads,
        setting.peak_bytes or math.inf,
        -setting.rate.value,
    )
