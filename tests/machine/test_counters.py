"""Counters of disturbances are read for the allowed processors only; one that is missing is None."""

from __future__ import annotations

from pathlib import Path

from tests.machine.planted_tree import disturbed_machine
from toolkit.machine import counters, noise


def test_counters_are_read_for_the_allowed_processors_only(tmp_path: Path) -> None:
    root = disturbed_machine(tmp_path)
    assert counters.processor_ticks(root).value == {"busy": 45, "steal": 0, "all": 200}
    assert counters.clock_hz(root).value == 3.0e9
    assert counters.thermal_events(root).value == 0


def test_a_snapshot_holds_them_all(tmp_path: Path) -> None:
    found = noise.snapshot(disturbed_machine(tmp_path))
    assert (found.load, found.allowed_cpus) == (0.5, 2)
    assert found.counted == {
        "cpu_stalled_us": 1000,
        "memory_stalled_us": None,
        "io_stalled_us": None,
        "swapped_in_bytes": 0,
        "swapped_out_bytes": 0,
        "throttled_periods": 0,
        "thermal_events": 0,
    }
