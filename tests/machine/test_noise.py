"""Each planted disturbance is named; a quiet machine and one without counters are not suspect."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.machine.planted_tree import disturbed_machine
from toolkit.machine import noise

QUIET = noise.Snapshot(
    at_s=100.0,
    ticks={"busy": 1000, "steal": 10, "all": 100_000},
    own_ticks=500,
    load=0.3,
    counted={
        "cpu_stalled_us": 1000,
        "memory_stalled_us": 0,
        "io_stalled_us": 2000,
        "swapped_in_bytes": 5_000,
        "swapped_out_bytes": 7_000,
        "throttled_periods": 3,
        "thermal_events": 2,
    },
    frequency_hz=3.0e9,
    allowed_cpus=2,
)

# Ten seconds on two processors, one of them kept busy by the trial.
AFTER = replace(
    QUIET,
    at_s=110.0,
    ticks={"busy": 2010, "steal": 12, "all": 102_000},
    own_ticks=1500,
    counted={**QUIET.counted, "cpu_stalled_us": 50_000, "io_stalled_us": 10_000},
)


def counted(**changed: int) -> noise.Snapshot:
    return replace(AFTER, counted={**AFTER.counted, **changed})


def doubts(after: noise.Snapshot, expected_busy_cpus: float = 1.0) -> tuple[str, ...]:
    return noise.compare(QUIET, after, expected_busy_cpus=expected_busy_cpus)[1]


def test_a_quiet_block_is_not_suspect_and_its_readings_are_right() -> None:
    readings, suspect = noise.compare(QUIET, AFTER, expected_busy_cpus=1.0)
    assert suspect == ()
    assert readings["window_s"] == 10.0
    assert readings["own_cpus"] == pytest.approx(1.0)
    assert readings["others_cpus"] == pytest.approx(0.01)
    assert readings["steal_share"] == pytest.approx(0.001)
    assert readings["cpu_pressure_share"] == pytest.approx(0.0049)
    assert readings["throttled_periods"] == 0.0
    assert readings["frequency_ratio"] == 1.0


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (replace(AFTER, ticks={"busy": 2010, "steal": 150, "all": 102_000}), ["steal", "7.0 %"]),
        (replace(AFTER, ticks={"busy": 2900, "steal": 12, "all": 102_000}), ["other processes", "0.9 of 2"]),
        (counted(cpu_stalled_us=1_201_000), ["processor", "12 %"]),
        (counted(memory_stalled_us=250_000), ["memory", "2.5 %"]),
        (counted(io_stalled_us=5_002_000), ["disk", "50 %"]),
        (counted(swapped_in_bytes=4_105_000), ["disk", "4.1 MB"]),
        (counted(throttled_periods=7), ["quota", "4 periods"]),
        (counted(thermal_events=3), ["heat", "1 times"]),
        (replace(AFTER, frequency_hz=1.5e9), ["clock", "50 %"]),
    ],
    ids=["steal", "neighbour", "cpu", "memory", "io", "swap", "quota", "heat", "clock"],
)
def test_each_disturbance_alone_is_named_with_its_number(after: noise.Snapshot, words: list[str]) -> None:
    (sentence,) = doubts(after)
    assert all(word in sentence for word in words)


def test_another_process_matters_more_when_the_trial_fills_every_processor() -> None:
    neighbour = replace(AFTER, own_ticks=500 + 1800, ticks={"busy": 2960, "steal": 10, "all": 102_000})
    assert noise.compare(QUIET, neighbour, expected_busy_cpus=1)[0]["others_cpus"] == pytest.approx(0.16)
    assert doubts(neighbour, expected_busy_cpus=1) == ()
    assert doubts(neighbour, expected_busy_cpus=2) == ("other processes used 0.2 of 2 processors",)


def test_waiting_is_not_suspect_when_the_trial_fills_every_processor() -> None:
    after = replace(AFTER, own_ticks=500 + 2000, ticks={"busy": 3000, "steal": 10, "all": 102_000})
    after = replace(after, counted={**QUIET.counted, "cpu_stalled_us": 8_000_000})
    assert doubts(after, expected_busy_cpus=4) == ()


def test_a_window_too_short_for_ticks_gives_no_shares() -> None:
    readings, suspect = noise.compare(
        QUIET,
        replace(QUIET, at_s=100.05, ticks={"busy": 1005, "steal": 12, "all": 100_010}),
        expected_busy_cpus=1,
    )
    assert readings["steal_share"] is None and readings["others_cpus"] is None
    assert suspect == ()


def test_disturbances_of_a_planted_machine_are_named(tmp_path: Path) -> None:
    before = noise.snapshot(disturbed_machine(tmp_path))
    stat = "cpu0 80 0 5 115 0 0 0 0 0 0\ncpu2 20 0 10 150 0 0 0 20 0 0\n"
    after = noise.snapshot(disturbed_machine(tmp_path, stat=stat, throttled="4", khz="1200000"))
    readings, suspect = noise.compare(before, after, expected_busy_cpus=0.7)
    assert readings["steal_share"] == pytest.approx(0.1)
    # Nobody's ticks can be read in this tree: what was expected is taken for ours.
    assert readings["own_cpus"] is None and readings["others_cpus"] == pytest.approx(0.0)
    assert [sentence for sentence in suspect if "10 %" in sentence and "steal" in sentence]
    assert [sentence for sentence in suspect if "4 periods" in sentence]
    assert [sentence for sentence in suspect if "60 %" in sentence and "clock" in sentence]
    assert len(suspect) == 3


def test_a_machine_without_counters_is_not_suspect(tmp_path: Path) -> None:
    empty = noise.snapshot(tmp_path)
    readings, suspect = noise.compare(empty, noise.snapshot(tmp_path), expected_busy_cpus=1)
    assert suspect == ()
    assert {name for name, value in readings.items() if value is not None} == {"window_s"}


def test_this_machine_gives_finite_readings() -> None:
    before = noise.snapshot()
    time.sleep(0.25)
    readings, _ = noise.compare(before, noise.snapshot(), expected_busy_cpus=0)
    assert all(value is None or (math.isfinite(value) and value >= 0) for value in readings.values())
    assert readings["window_s"] is not None and readings["window_s"] >= 0.25


class TestWorker:
    def test_a_calm_worker(self) -> None:
        calm = {"cpu_s": 2.0, "involuntary_switches": 20, "run_delay_s": 0.01}
        assert noise.doubts_of_worker(**calm, fits=True) == ()

    def test_waiting_and_preemption_are_named(self) -> None:
        waited, preempted = noise.doubts_of_worker(
            cpu_s=2.0, involuntary_switches=400, run_delay_s=0.5, fits=True
        )
        assert "waited" in waited and "25 %" in waited
        assert "preempted 200 times" in preempted

    def test_an_oversubscribed_trial_is_not_blamed_on_the_machine(self) -> None:
        assert noise.doubts_of_worker(cpu_s=2.0, involuntary_switches=400, run_delay_s=0.5, fits=False) == ()

    def test_an_unknown_delay_is_not_suspect(self) -> None:
        assert noise.doubts_of_worker(cpu_s=1, involuntary_switches=0, run_delay_s=None, fits=True) == ()
