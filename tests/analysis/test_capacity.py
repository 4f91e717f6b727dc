"""Machines for a rate: enough for the lower end of the interval, the fewest threads, the latency that was asked for."""

import pytest

from toolkit.analysis.capacity import Latency, Need, Setting, best_plan, latency_of
from toolkit.analysis.percentiles import percentile
from toolkit.analysis.stats import Estimate


def setting(workers, *, ips, threads=1, p95=None, memory=None):
    return Setting(
        workers=workers,
        threads=threads,
        rate=Estimate(ips, 0.9 * ips, 1.1 * ips, 5, 100),
        latency_p95=p95,
        peak_bytes=memory,
    )


def test_machines_are_enough_for_the_lower_end_of_the_rate():
    plan = best_plan([setting(2, ips=100)], Need(target_ips=1000, price_per_hour=0.36))
    assert (plan.fewest_machines, plan.machines, plan.most_machines) == (10, 10, 12)
    assert plan.load == pytest.approx(1000 / 1200)
    assert plan.cost_of_1000.value == pytest.approx(10 * 0.36 / 3600)
    assert (plan.cost_of_1000.low, plan.cost_of_1000.high) == pytest.approx((0.001, 0.0012))


def test_a_target_that_fits_exactly_needs_no_further_machine():
    exact = Setting(workers=1, threads=1, rate=Estimate(0.1, None, None, 1, 1))
    assert best_plan([exact], Need(target_ips=0.3)).machines == 3


def test_among_plans_with_as_many_machines_the_fewest_threads_win():
    ways = [setting(8, ips=100), setting(4, ips=60), setting(2, ips=30), setting(2, ips=58, threads=2)]
    assert best_plan(ways, Need(target_ips=50)).setting.workers == 4
    smaller = [setting(4, ips=60, memory=2e9), setting(2, ips=60, threads=2, memory=1e9)]
    assert best_plan(smaller, Need(target_ips=50)).setting.threads == 2


def test_a_setting_that_keeps_the_latency_comes_before_a_faster_one_that_does_not():
    calls = [0.1 + 0.001 * n for n in range(100)]
    slow = percentile([10 * s for s in calls], 0.95)
    ways = [setting(4, ips=100, p95=slow), setting(1, ips=30, p95=percentile(calls, 0.95))]
    need = Need(target_ips=90, latency_p95_s=0.5)
    assert best_plan(ways, need).setting.workers == 1
    assert best_plan(ways[:1], need).latency is Latency.BROKEN
    assert best_plan([setting(1, ips=30)], need).latency is Latency.NOT_SURE


def test_few_calls_are_not_sure_of_a_percentile():
    assert latency_of(percentile([0.1] * 20, 0.95), 0.5) is Latency.NOT_SURE
    assert latency_of(percentile([0.1] * 60, 0.95), 0.5) is Latency.KEPT
    assert latency_of(percentile([0.9] * 60, 0.95), 0.5) is Latency.BROKEN


def test_without_settings_there_is_no_plan():
    assert best_plan([], Need(target_ips=1)) is None
