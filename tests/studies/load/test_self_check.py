"""A sender that is late or busy is the bottleneck; a slow service is not."""

from __future__ import annotations

import math

from toolkit.studies.load.self_check import bottleneck_of


def test_lag_counts_against_the_latency_that_it_would_falsify() -> None:
    assert bottleneck_of(lag_s=0.05, cpu_share=0.1, median_latency_s=0.1)
    assert not bottleneck_of(lag_s=0.05, cpu_share=0.1, median_latency_s=2.0)
    assert not bottleneck_of(lag_s=0.05, cpu_share=0.1, median_latency_s=0.1, limit_s=2.0)


def test_a_busy_sender_is_the_bottleneck_however_late_it_is() -> None:
    assert "core" in bottleneck_of(lag_s=0.0, cpu_share=0.97, median_latency_s=2.0)


def test_a_service_that_answers_nothing_is_no_fault_of_the_sender() -> None:
    assert bottleneck_of(lag_s=0.001, cpu_share=0.1, median_latency_s=math.inf) == ""
