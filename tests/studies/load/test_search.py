"""The capacity that a search finds is that of the queue which it measures."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("aiohttp")

from dataclasses import replace

from benchmarks.load import FULL_PER_S, SERVERS, SERVICE_S, simulated_test
from toolkit.analysis.queueing import simulated_latencies
from toolkit.contracts.load_test import LoadTest, Slo
from toolkit.studies.load.schedule import schedule
from toolkit.studies.load.search import PRECISION, capacity_search

SLO = Slo(0.95, 3 * SERVICE_S)


def true_p95_s(rate_per_s: float) -> float:
    due = schedule(rate_per_s=rate_per_s, duration_s=20_000 / rate_per_s, seed=7)
    return float(np.percentile(simulated_latencies(due, service_s=SERVICE_S, servers=SERVERS), 95))


def test_the_capacity_of_a_known_queue_is_found_within_5_percent() -> None:
    found = capacity_search(simulated_test, SLO, first_per_s=1.0, duration_s=120)
    assert found.held_per_s is not None and found.broken_per_s is not None
    assert found.broken_per_s / found.held_per_s <= PRECISION
    assert true_p95_s(0.95 * found.held_per_s) <= SLO.limit_s < true_p95_s(1.05 * found.broken_per_s)


def test_a_first_rate_that_is_too_high_is_halved() -> None:
    found = capacity_search(simulated_test, SLO, first_per_s=16 * FULL_PER_S, duration_s=20)
    assert found.held_per_s is not None and found.held_per_s < FULL_PER_S


def test_a_sender_that_cannot_follow_ends_the_search_without_a_bound() -> None:
    def measure(rate_per_s: float, duration_s: float) -> LoadTest:
        test = simulated_test(rate_per_s, duration_s)
        return replace(test, bottleneck="the sender was late") if rate_per_s > 5 else test

    found = capacity_search(measure, SLO, first_per_s=4.0, duration_s=10)
    assert (found.held_per_s, found.broken_per_s, found.is_sure) == (4.0, None, False)
    assert found.bottleneck
