"""Processors of planted machines; the environment variables that set threads."""

from __future__ import annotations

from pathlib import Path

from tests.machine.planted_tree import plant
from toolkit.machine import hardware


def test_processors_are_counted_from_cpuinfo_where_the_list_is_unreadable(tmp_path: Path) -> None:
    cpuinfo = "".join(f"processor\t: {n}\nmodel name\t: A\n\n" for n in range(4))
    root = plant(tmp_path, {"proc/cpuinfo": cpuinfo, "sys/devices/system/cpu/online": "0-x\n"})
    assert hardware.online_cpus(root).value == (0, 1, 2, 3)


def test_an_arm_processor_is_named_by_its_part(tmp_path: Path) -> None:
    cpuinfo = "processor\t: 0\nFeatures\t: fp asimd sve\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n"
    found = hardware.processor(plant(tmp_path, {"proc/cpuinfo": cpuinfo})).value
    assert found is not None and "0xd40" in found["model"]
    assert found["flags"] == ["asimd", "sve"]


def test_thread_variables_are_found() -> None:
    given = {
        "OMP_NUM_THREADS": "4",
        "KMP_BLOCKTIME": "0",
        "OPENCV_FOR_THREADS_NUM": "2",
        "HOME": "/",
        "OMPX": "1",
    }
    assert hardware.thread_environment(given) == {
        "KMP_BLOCKTIME": "0",
        "OMP_NUM_THREADS": "4",
        "OPENCV_FOR_THREADS_NUM": "2",
    }
