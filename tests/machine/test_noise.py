"""Planted counters: each disturbance is named, a quiet machine and a poor one raise no doubt."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import pytest

from toolkit.machine import noise

QUIET = noise.Snapshot(
    at_s=100.0,
    ticks={"busy": 1000, "steal": 10, "all": 100_000},
    own_ticks=500,
    load=0.3,
    stalled_us={"cpu": 1000, "memory": 0, "io": 2000},
    swap_pages=(5, 7),
    throttled_periods=3,
    thermal_events=2,
    frequency_hz=3.0e9,
    allowed_cpus=2,
)

# Ten seconds on two processors, one of them kept busy by the trial.
AFTER = replace(
    QUIET,
    at_s=110.0,
    ticks={"busy": 2010, "steal": 12, "all": 102_000},
    own_ticks=1500,
    stalled_us={"cpu": 50_000, "memory": 0, "io": 10_000},
)


def doubts(after: noise.Snapshot, expected_busy_cpus: float = 1.0) -> tuple[str, ...]:
    return noise.compare(QUIET, after, expected_busy_cpus=expected_busy_cpus)[1]


def test_a_quiet_block_is_not_doubted_and_its_readings_are_right() -> None:
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
    ("after", "sentence"),
    [
        (replace(AFTER, ticks={"busy": 2010, "steal": 150, "all": 102_000}), "steal 7.0 % of the time"),
        (
            replace(AFTER, ticks={"busy": 2900, "steal": 12, "all": 102_000}),
            "other processes used 0.9 of 2 processors",
        ),
        (
            replace(AFTER, stalled_us={"cpu": 1_201_000, "memory": 0, "io": 2000}),
            "tasks waited for a processor 12 % of the time",
        ),
        (
            replace(AFTER, stalled_us={"cpu": 1000, "memory": 250_000, "io": 2000}),
            "tasks waited for memory 2.5 % of the time",
        ),
        (
            replace(AFTER, stalled_us={"cpu": 1000, "memory": 0, "io": 5_002_000}),
            "tasks waited for the disk 50 % of the time",
        ),
        (replace(AFTER, throttled_periods=7), "throttled by the processor quota in 4 periods"),
        (replace(AFTER, thermal_events=3), "throttled by heat 1 times"),
        (replace(AFTER, frequency_hz=1.5e9), "clock frequency fell to 50 %"),
    ],
)
def test_each_disturbance_is_named_alone(after: noise.Snapshot, sentence: str) -> None:
    assert doubts(after) == (sentence,)


def test_swapping_is_named() -> None:
    (sentence,) = doubts(replace(AFTER, swap_pages=(5 + 1000, 7)))
    assert sentence.startswith("swapped ") and sentence.endswith(" MB")


def test_a_neighbour_matters_more_where_the_trial_fills_every_processor() -> None:
    neighbour = replace(AFTER, own_ticks=500 + 1800, ticks={"busy": 2960, "steal": 10, "all": 102_000})
    assert noise.compare(QUIET, neighbour, expected_busy_cpus=1)[0]["others_cpus"] == pytest.approx(0.16)
    assert doubts(neighbour, expected_busy_cpus=1) == ()
    assert doubts(neighbour, expected_busy_cpus=2) == ("other processes used 0.2 of 2 processors",)


def test_waiting_is_the_trials_own_doing_where_it_asks_for_every_processor() -> None:
    after = replace(AFTER, own_ticks=500 + 2000, ticks={"busy": 3000, "steal": 10, "all": 102_000})
    after = replace(after, stalled_us={"cpu": 8_000_000, "memory": 0, "io": 2000})
    assert doubts(after, expected_busy_cpus=4) == ()


def test_a_window_too_short_for_ticks_says_nothing_of_shares() -> None:
    readings, suspect = noise.compare(
        QUIET,
        replace(QUIET, at_s=100.05, ticks={"busy": 1005, "steal": 12, "all": 100_010}),
        expected_busy_cpus=1,
    )
    assert readings["steal_share"] is None and readings["others_cpus"] is None
    assert suspect == ()


def plant(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def a_machine(root: Path, **changed: str) -> Path:
    """Three processors of which 0 and 2 are allowed."""
    files = {
        "proc/self/status": "Cpus_allowed_list:\t0,2\n",
        "proc/self/cgroup": "0::/job\n",
        "proc/stat": changed.get(
            "stat", "cpu 0 0 0 0 0 0 0 0 0 0\ncpu0 10 0 5 85 0 0 0 0 0 0\ncpu1 9 9 9 9 9 9 9 9 0 0\n"
            "cpu2 20 0 10 70 0 0 0 0 0 0\nintr 1\n"
        ),
        "proc/loadavg": "0.50 0.40 0.30 1/100 4242\n",
        "proc/vmstat": "pswpin 0\npswpout 0\n",
        "proc/pressure/cpu": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000\nfull avg10=0.00 total=0\n",
        "sys/fs/cgroup/job/cpu.stat": f"nr_periods 9\nnr_throttled {changed.get('throttled', 0)}\n",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": changed.get("khz", "3000000"),
        "sys/devices/system/cpu/cpu2/cpufreq/scaling_cur_freq": changed.get("khz", "3000000"),
        "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "0\n",
    }  # fmt: skip
    return plant(root, files)


def test_counters_are_read_for_the_allowed_processors_only(tmp_path: Path) -> None:
    found = noise.snapshot(a_machine(tmp_path))
    assert found.ticks == {"busy": 45, "steal": 0, "all": 200}
    assert found.allowed_cpus == 2
    assert (found.load, found.throttled_periods, found.thermal_events) == (0.5, 0, 0)
    assert found.stalled_us == {"cpu": 1000, "memory": None, "io": None}
    assert found.frequency_hz == 3.0e9


def test_planted_trees_from_snapshot_to_sentence(tmp_path: Path) -> None:
    before = noise.snapshot(a_machine(tmp_path))
    stat = "cpu0 80 0 5 115 0 0 0 0 0 0\ncpu2 20 0 10 150 0 0 0 20 0 0\n"
    after = noise.snapshot(a_machine(tmp_path, stat=stat, throttled="4", khz="1200000"))
    readings, suspect = noise.compare(before, after, expected_busy_cpus=0.7)
    assert readings["steal_share"] == pytest.approx(0.1)
    # Nobody's ticks can be read in this tree: what was expected is taken for ours.
    assert readings["own_cpus"] is None and readings["others_cpus"] == pytest.approx(0.0)
    assert suspect == (
        "steal 10 % of the time",
        "throttled by the processor quota in 4 periods",
        "clock frequency fell to 40 %",
    )


def test_a_machine_that_tells_nothing_raises_no_doubt(tmp_path: Path) -> None:
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
        assert noise.doubts_of_worker(**calm, fits=True) == ()  # type: ignore[arg-type]

    def test_waiting_and_preemption_are_named(self) -> None:
        assert noise.doubts_of_worker(cpu_s=2.0, involuntary_switches=400, run_delay_s=0.5, fits=True) == (
            "a worker waited for a processor 25 % of its time",
            "a worker was preempted 200 times a second",
        )

    def test_an_oversubscribed_trial_is_not_blamed_on_the_machine(self) -> None:
        assert noise.doubts_of_worker(cpu_s=2.0, involuntary_switches=400, run_delay_s=0.5, fits=False) == ()

    def test_an_unreadable_delay_raises_no_doubt(self) -> None:
        assert noise.doubts_of_worker(cpu_s=1, involuntary_switches=0, run_delay_s=None, fits=True) == ()
