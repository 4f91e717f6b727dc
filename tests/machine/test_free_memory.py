"""What is left of the machine, of a cgroup and of the address space."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.machine.planted_tree import plant
from toolkit.machine.free_memory import free_bytes

_MACHINE = {"proc/meminfo": "MemTotal: 8000000 kB\nMemAvailable: 4000000 kB\n"}
_LIMITS = "Limit  Soft Limit  Hard Limit  Units\nMax address space  {}  unlimited  bytes\n"


@pytest.mark.parametrize(
    ("files", "left"),
    [
        ({}, 4_096_000_000),
        # Version 2: a slice above sets the tighter limit, and cached files can be given back.
        (
            {
                "proc/self/cgroup": "0::/outer/inner\n",
                "sys/fs/cgroup/outer/memory.max": "1000000000\n",
                "sys/fs/cgroup/outer/memory.current": "800000000\n",
                "sys/fs/cgroup/outer/memory.stat": "anon 1\ninactive_file 100000000\n",
                "sys/fs/cgroup/outer/inner/memory.max": "max\n",
                "sys/fs/cgroup/outer/inner/memory.current": "5\n",
            },
            300_000_000,
        ),
        # Version 1, in a container that does not see the path of the host.
        (
            {
                "proc/self/cgroup": "4:memory:/docker/abc\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000000\n",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": "500000000\n",
            },
            1_500_000_000,
        ),
        # More than the limit is in use.
        (
            {
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/memory.max": "1000\n",
                "sys/fs/cgroup/memory.current": "2000\n",
            },
            0,
        ),
        (
            {"proc/self/limits": _LIMITS.format("unlimited"), "proc/self/status": "VmSize: 9 kB\n"},
            4_096_000_000,
        ),
        ({"proc/self/limits": _LIMITS.format(1_024_000), "proc/self/status": "VmSize: 900 kB\n"}, 102_400),
    ],
    ids=["machine", "v2 nested", "v1", "over", "unlimited", "ulimit"],
)
def test_the_smallest_room_counts(tmp_path: Path, files: dict[str, str], left: int) -> None:
    assert free_bytes(plant(tmp_path, {**_MACHINE, **files})) == left


def test_nothing_is_known_without_a_kernel_that_says_so(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) is None


def test_this_machine_has_less_free_than_installed() -> None:
    free = free_bytes()
    assert free is None or 0 <= free <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
