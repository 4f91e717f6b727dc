"""The winner of a sweep is measured again before it is named; the work of each row is planted."""

from __future__ import annotations

import subprocess
import sys

import pytest

from toolkit.bench.measure import measure
from toolkit.bench.plan import Plan
from toolkit.core.errors import InvalidValue
from toolkit.machine.hardware import allowed_cpus
from toolkit.studies.trust.calibrate import workload_trial
from toolkit.studies.winner import find_winner


def test_the_winner_is_measured_again_before_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    plan = Plan(blocks=3, seconds=0.05)
    rows = [measure(workload_trial(slow_down), plan=plan) for slow_down in (2.0, 0.0)]
    found = find_winner(rows, budget_s=30.0)  # ends early: the ratio is 3
    assert "units=" not in found.winner  # the default
    if any(
        verdict.is_disturbed for _, verdict in found.rivals
    ):  # other processes of this machine were in the way
        assert not found.is_named
        assert "No winner: the machine was busy" in str(found)
    else:
        assert found.is_named, found
        assert "Fastest: workload@opencv:threads=1" in str(found)


def test_a_busy_machine_gives_no_winner(tmp_path, monkeypatch):
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * allowed_cpus())]
    try:
        plan = Plan(blocks=1, seconds=0.02)
        rows = [measure(workload_trial(slow_down), plan=plan) for slow_down in (2.0, 0.0)]
        found = find_winner(rows, budget_s=4.0)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert not found.is_named
    assert "busy" in str(found)


def test_rows_of_no_operation_have_no_winner():
    with pytest.raises(InvalidValue, match="one operation at one size"):
        find_winner([])
