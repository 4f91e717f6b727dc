"""The simulated queue agrees with what is known of it."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.analysis.queueing import simulated_latencies


def test_one_server_waits_as_pollaczek_and_khinchine_say() -> None:
    """The mean wait of M/D/1 at load r is r / (2 (1 - r)) service times."""
    due = np.cumsum(np.random.default_rng(1).exponential(1 / 0.7, size=200_000))
    wait = np.mean(simulated_latencies(due, service_s=1.0, servers=1)) - 1
    assert wait == pytest.approx(0.7 / (2 * 0.3), rel=0.05)


def test_equal_gaps_below_capacity_never_wait() -> None:
    assert simulated_latencies(np.arange(50) * 0.5, service_s=1.0, servers=2) == pytest.approx([1.0] * 50)
