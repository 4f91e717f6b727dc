"""Limits in every layout of cgroups."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.machine.planted_tree import plant
from toolkit.machine.cgroups import cpu_quota, memory_limit
from toolkit.machine.hardware import allowed_cpus
from toolkit.machine.kernel_files import Reading


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
        # A slice above sets the tighter limit.
        (
            {
                "proc/self/cgroup": "0::/outer/inner\n",
                "sys/fs/cgroup/outer/cpu.max": "100000 100000\n",
                "sys/fs/cgroup/outer/inner/cpu.max": "300000 100000\n",
            },
            1.0,
        ),
        # Version 1, controllers mounted together, a path of the host that is not there inside the container.
        (
            {
                "proc/self/cgroup": "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            2.0,
        ),
        # Both versions: the limit stands in the old hierarchy.
        (
            {
                "proc/self/cgroup": "1:cpu:/\n0::/\n",
                "sys/fs/cgroup/unified/cgroup.procs": "",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            0.5,
        ),
        (
            {
                "proc/self/cgroup": "1:cpu:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            None,
        ),
    ],
    ids=["v2", "v2 nested", "v1 together", "hybrid", "v1 unlimited"],
)
def test_quota_in_every_cgroup_layout(tmp_path: Path, files: dict[str, str], quota: float | None) -> None:
    root = plant(tmp_path, {"proc/self/status": "Cpus_allowed_list:\t0-3\n", **files})
    assert cpu_quota(root) == Reading("present", quota)
    assert allowed_cpus(root) == (4 if quota is None else max(1, int(quota)))


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "1073741824\n"}, 1 << 30),
        (
            {
                "proc/self/cgroup": "2:memory:/a\n",
                "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "9223372036854771712\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
            },
            512 << 20,
        ),
        (
            {
                "proc/self/cgroup": "2:memory:/\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
            None,
        ),
    ],
    ids=["v2", "v1 parent", "v1 unlimited"],
)
def test_memory_limit(tmp_path: Path, files: dict[str, str], limit: int | None) -> None:
    assert memory_limit(plant(tmp_path, files)) == Reading("present", limit)
