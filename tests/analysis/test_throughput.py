"""Throughput counts calls only while every worker is at work."""

from __future__ import annotations

import math

import pytest

from toolkit.analysis.throughput import common_window, throughput_ips
from toolkit.core.errors import InvalidValue


def calls(start: float, took: float, count: int, gap: float = 0.0) -> tuple[list[float], list[float]]:
    return [start + number * (took + gap) for number in range(count)], [took] * count


def block(*workers: tuple[list[float], list[float]]) -> tuple[list[list[float]], list[list[float]]]:
    return [starts for starts, _ in workers], [durations for _, durations in workers]


def test_one_worker_without_pauses_is_one_over_latency():
    assert throughput_ips(*block(calls(5.0, 0.25, 8))) == pytest.approx(4.0)


def test_pauses_between_calls_lower_throughput_but_not_latency():
    assert throughput_ips(*block(calls(0.0, 0.1, 1000, gap=0.1))) == pytest.approx(5.0, rel=1e-3)


def test_a_batch_counts_every_image():
    assert throughput_ips(*block(calls(0.0, 0.5, 4)), batch=8) == pytest.approx(16.0)


def test_workers_of_different_speed_add_up():
    assert throughput_ips(*block(calls(0.0, 0.1, 40), calls(0.0, 0.2, 20))) == pytest.approx(15.0)


def test_a_late_start_and_an_early_end_do_not_count_as_idle_time():
    early, late = calls(0.0, 0.1, 30), calls(1.05, 0.1, 30)
    starts, durations = block(early, late)
    assert common_window(starts, durations) == pytest.approx((1.05, 3.0))
    assert throughput_ips(starts, durations) == pytest.approx(20.0)


def test_a_call_over_the_edge_counts_by_its_share():
    # The long call of the first worker lies half inside the second worker's window.
    assert throughput_ips([[0.0], [2.0]], [[4.0], [4.0]]) == pytest.approx((0.5 + 0.5) / 2.0)


def test_contention_that_slows_only_the_shared_part_is_seen():
    alone, beside = calls(0.0, 0.1, 10), calls(1.0, 0.2, 10)
    first = (alone[0] + beside[0], alone[1] + beside[1])
    assert throughput_ips(*block(first, calls(1.0, 0.2, 10))) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("starts", "durations"),
    [
        ([], []),
        ([[]], [[]]),
        ([[0.0], []], [[1.0], []]),
        ([[0.0], [5.0]], [[1.0], [1.0]]),
        ([[0.0]], [[0.0]]),
    ],
    ids=["no workers", "no calls", "an idle worker", "one after the other", "no time at all"],
)
def test_without_a_common_window_throughput_is_nan(starts, durations):
    assert math.isnan(throughput_ips(starts, durations))


def test_rows_of_different_length_are_refused():
    with pytest.raises(InvalidValue, match="as long as starts_s"):
        throughput_ips([[0.0, 1.0]], [[1.0]])
