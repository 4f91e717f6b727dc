"""The fingerprint of planted machines and of this one; provenance."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.machine.planted_tree import plant
from toolkit.contracts import fingerprint
from toolkit.contracts.backend import BACKENDS, Backend
from toolkit.machine import hardware
from toolkit.machine.probes import PROBES

CPUINFO = """processor\t: {0}
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) Gold 6338
flags\t\t: fpu sse4_2 avx avx2 fma avx512f avx512_vnni amx_tile amx_int8 hypervisor

"""
MEMINFO = "MemTotal:       16777216 kB\nMemFree:  1 kB\nSwapTotal:       2097152 kB\n"
STATUS = "Name:\tpython\nCpus_allowed:\tf\nCpus_allowed_list:\t{}\nVmHWM:\t  2048 kB\n"


def four_logical_two_physical(root: Path, allowed: str = "0-3") -> Path:
    files = {
        "proc/cpuinfo": "".join(CPUINFO.format(n) for n in range(4)),
        "proc/meminfo": MEMINFO,
        "proc/self/status": STATUS.format(allowed),
        "proc/self/cgroup": "0::/\n",
        "proc/sys/kernel/osrelease": "6.1.0\n",
        "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian 13"\n',
        "sys/devices/system/cpu/online": "0-3\n",
    }
    for cpu in range(4):
        siblings = "0,2" if cpu % 2 == 0 else "1,3"
        files[f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"] = siblings + "\n"
    return plant(root, files)


def test_a_machine_with_everything(tmp_path: Path) -> None:
    root = plant(
        four_logical_two_physical(tmp_path),
        {
            "sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
            "sys/fs/cgroup/cpu.max": "max 100000\n",
            "sys/fs/cgroup/memory.max": "max\n",
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n",
            "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_min_freq": "800000\n",
            "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "3500000\n",
            "proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue\n",
            "proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t NVIDIA H200\nIRQ: 16\n",
        },
    )
    found = fingerprint.fingerprint(root)
    cpu = found["cpu"]
    assert cpu["model"] == "Intel(R) Xeon(R) Gold 6338"
    assert {"avx2", "avx512f", "avx512_vnni", "amx_int8"} <= set(cpu["flags"])
    assert "avx512_bf16" not in cpu["flags"]
    assert (cpu["logical"], cpu["physical"], cpu["threads_per_core"]) == (4, 2, 2)
    assert (cpu["allowed"], cpu["quota"], cpu["effective"]) == (4, None, 4)
    assert (cpu["governor"], cpu["min_hz"], cpu["max_hz"]) == ("powersave", 800_000_000, 3_500_000_000)
    assert found["memory"] == {"total_bytes": 16 << 30, "limit_bytes": None, "swap_bytes": 2 << 30}
    assert found["gpu"] == [{"name": "NVIDIA H200", "driver": "550.54.15", "memory_bytes": None}]
    assert found["system"]["virtualisation"] == "hypervisor"
    assert found["probes"]["cpu quota"] == "present"
    text = fingerprint.summary(found)
    assert "4 of 4 processors, 2 physical cores" in text and "NVIDIA H200" in text and "Debian 13" in text


def test_a_quota_lowers_the_processors_worth_of_work(tmp_path: Path) -> None:
    root = plant(four_logical_two_physical(tmp_path), {"sys/fs/cgroup/cpu.max": "150000 100000\n"})
    cpu = fingerprint.fingerprint(root)["cpu"]
    assert (cpu["allowed"], cpu["quota"], cpu["effective"]) == (4, 1.5, 1.5)


def test_allowed_is_the_affinity_and_not_what_the_machine_has(tmp_path: Path) -> None:
    root = four_logical_two_physical(tmp_path, allowed="0,2")
    found = fingerprint.fingerprint(root)["cpu"]
    assert hardware.allowed_cpus(root) == 2
    assert (found["logical"], found["physical_allowed"]) == (4, 1)  # two siblings of one core


def test_an_empty_tree_is_absent_everywhere_and_nothing_raises(tmp_path: Path) -> None:
    found = fingerprint.fingerprint(tmp_path)
    assert found["probes"] == {probe.name: "absent" for probe in PROBES}
    assert found["cpu"]["governor"] is None and found["gpu"] == []
    assert fingerprint.summary(found)


def test_garbage_counts_as_absent(tmp_path: Path) -> None:
    root = plant(
        four_logical_two_physical(tmp_path),
        {
            "proc/meminfo": "MemTotal: many kB\n",
            "proc/self/schedstat": "\n",
            "sys/fs/cgroup/cpu.max": "all of them\n",
        },
    )
    states = fingerprint.fingerprint(root)["probes"]
    assert {states[n] for n in ("memory", "run-queue delay", "cpu quota")} == {"absent"}


def test_this_machine_in_json_and_without_importing_a_runtime() -> None:
    script = (
        "import json, sys, time\n"
        "from toolkit.contracts import fingerprint\n"
        "found = fingerprint.fingerprint()\n"
        "loaded = [m for m in ('cv2', 'torch', 'numba', 'pandas', 'onnxruntime', 'openvino') if m in sys.modules]\n"
        "print(json.dumps([found, loaded]))\n"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    found, loaded = json.loads(answer.stdout)
    assert loaded == []
    assert found["runtimes"]["numpy"] and found["runtimes"]["opencv-contrib-python"]
    assert 1 <= found["cpu"]["allowed"] <= found["cpu"]["logical"]
    assert set(found["probes"].values()) <= {"present", "absent", "denied"}


def test_provenance_says_commit_time_and_command(monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["/usr/bin/atelier", "bench", "oil_painting"])
    found = fingerprint.provenance()
    assert found["time"].endswith("+00:00")
    assert found["commit"] == "" or int(found["commit"], 16) > 0
    assert found["command"].endswith("atelier bench oil_painting")
    json.dumps(found)


def test_a_runtime_installed_under_another_name_has_its_version(monkeypatch):
    """Such as onnxruntime-gpu: an upgrade of it must not pass unseen."""

    class Renamed(Backend):
        name, module, distribution, install = "renamed", "sys", "no-such-distribution", ""

        def session(self, placement):
            raise NotImplementedError

        def version(self):
            return "7.5"

    monkeypatch.setattr(BACKENDS, "_added", dict(BACKENDS._added))
    BACKENDS.add(Renamed())
    assert fingerprint.runtime_versions()["no-such-distribution"] == "7.5"
