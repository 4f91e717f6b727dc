"""Memory of real processes with planted allocations."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.machine.planted_tree import plant
from tests.truth.planted_memory import (
    MB,
    PLANTS,
    Plant,
    grown,
    observe,
    planted,
    small_child_of_large_parent,
)
from toolkit.machine.memory import (
    Memory,
    TreeSampler,
    high_water_bytes,
    proportional_bytes,
    reset_high_water,
)

pytestmark = pytest.mark.skipif(
    proportional_bytes("self").state != "present",
    reason="this kernel does not tell the proportional set size",
)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_the_reported_growth_is_the_planted_one(plant: Plant) -> None:
    assert grown(plant.measured()) == pytest.approx(plant.grows_mb * MB, rel=0.03)


def test_the_largest_process_and_the_number_of_processes_are_reported() -> None:
    with planted("held = take(100)", count=2) as workers:
        memory = observe(workers)
    assert memory.rss_peak_bytes == pytest.approx(100 * MB, rel=0.3)
    assert memory.processes == 2


def test_the_high_water_mark_of_a_sharing_process_is_an_upper_bound() -> None:
    (shared,) = (plant for plant in PLANTS if plant.name.startswith("shared"))
    memory = shared.measured()
    assert memory.processes == 4
    assert memory.is_upper_bound  # the resident set of each of them holds all 200 MB


def test_a_fork_that_only_reads_costs_nothing() -> None:
    work = "[fork(lambda: sum(mine[::4096])) for _ in range(2)]\ntime.sleep(0.3)"
    with planted(work, "mine = take(150)") as workers:
        memory = observe(workers)
    assert grown(memory) < 0.06 * 150 * MB
    assert memory.processes == 3


def test_the_high_water_mark_shows_a_spike_between_two_samples() -> None:
    with planted("take(200)") as workers:
        idle = high_water_bytes(workers[0].pid).value or 0
        memory = observe(workers, interval_s=60)
    assert grown(memory) < 10 * MB
    assert memory.rss_peak_bytes - idle == pytest.approx(200 * MB, rel=0.03)


def test_settle_takes_the_present_size_as_idle_size() -> None:
    with planted("held = take(100)") as (worker,):
        with TreeSampler([worker.pid]) as sampler:
            worker.tell()
            worker.expect("held")
            sampler.settle()
        memory = sampler.peak
    assert (memory.idle_bytes or 0) > 100 * MB
    assert grown(memory) < 10 * MB


def test_a_peak_before_the_pass_is_not_reported() -> None:
    with planted("held = take(100)", before="take(400)") as workers:
        if not reset_high_water(workers[0].pid):
            pytest.skip("this system does not allow the high-water mark to be reset")
        memory = observe(workers)
    assert memory.rss_peak_bytes < 150 * MB
    assert not memory.is_upper_bound


def test_a_small_child_of_a_large_parent_reports_its_own_size() -> None:
    with small_child_of_large_parent() as (child, parent):
        with TreeSampler([child]) as sampler:
            time.sleep(0.05)
        assert sampler.peak.processes == 1
        assert 1 * MB < sampler.peak.rss_peak_bytes < 60 * MB
        assert (high_water_bytes(parent).value or 0) > 200 * MB


STAT = "7 (worker) S 1 " + " ".join(["0"] * 20)


def test_a_kernel_without_proportional_sizes_leaves_them_out(tmp_path: Path) -> None:
    root = plant(tmp_path, {"proc/7/stat": STAT, "proc/7/status": "VmHWM:\t 4000 kB\n"})
    with TreeSampler([7], root=root) as sampler:
        pass
    assert sampler.peak == Memory(
        pss_peak_bytes=None, rss_peak_bytes=4_096_000, idle_bytes=None, processes=1, is_upper_bound=True
    )


def test_a_cgroup_peak_from_before_the_pass_is_left_out(tmp_path: Path) -> None:
    root = plant(
        tmp_path,
        {
            "proc/7/stat": STAT,
            "proc/7/status": "VmHWM:\t 4000 kB\n",
            "proc/7/cgroup": "3:memory:/job\n",
            "sys/fs/cgroup/memory/job/memory.max_usage_in_bytes": "5000\n",
        },
    )
    with TreeSampler([7], root=root) as sampler:
        pass
    assert sampler.peak.cgroup_peak_bytes is None
    with TreeSampler([7], root=root) as sampler:
        plant(root, {"sys/fs/cgroup/memory/job/memory.max_usage_in_bytes": "9000\n"})
    assert sampler.peak.cgroup_peak_bytes == 9000


def test_missing_processes_have_no_memory() -> None:
    with TreeSampler([2**22 + 1]) as sampler:
        pass
    assert sampler.peak.processes == 0 and sampler.peak.pss_peak_bytes is None
