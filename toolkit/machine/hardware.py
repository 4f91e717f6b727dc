"""Processors, memory, graphics cards and operating system, read from ``/proc``, ``/sys`` and the graphics driver."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.machine import nvml
from toolkit.machine.cgroups import cpu_quota
from toolkit.machine.kernel_files import (
    ROOT,
    Reading,
    bytes_of,
    combine,
    cpu_list,
    fields,
    first,
    hertz,
    read,
)

# Instructions that image filters and models are known to use, as /proc/cpuinfo spells them.
IMPORTANT_FLAGS = (
    "sse4_2 avx avx2 fma f16c avx_vnni avx512f avx512bw avx512vl avx512_vnni avx512_bf16 avx512_fp16 "
    "amx_tile amx_int8 amx_bf16 asimd asimddp bf16 i8mm sve sve2"
).split()

CPUS = Path("sys/devices/system/cpu")
"""Folder of the kernel's files about processors, relative to the root of the file tree."""

_THREAD_VARIABLE = re.compile(
    r"(OMP|GOMP|KMP|MKL|OPENBLAS|GOTO|BLIS|VECLIB|NUMBA|NUMEXPR|TBB|OPENCV|ORT|OV|TORCH)_"
    r"\w*(THREAD|AFFINITY|BIND|PLACES|BLOCKTIME|SPIN|WAIT|DYNAMIC|NESTED|LEVELS|PARALLEL|HYPERTHREAD|CPU_INFO)"
    r"|KMP_|ONEDNN_|DNNL_|OPENCV_(OPENCL|IPP)|CUDA_VISIBLE_DEVICES$|MALLOC_ARENA_MAX$"
)


def processor(root: Path = ROOT) -> Reading[dict[str, Any]]:
    """Model, important instruction flags, and whether the machine is virtual (``hypervisor``)."""
    return read(root / "proc/cpuinfo", _processor)


def _processor(text: str) -> dict[str, Any]:
    found = fields(text)
    flags = set(found.get("flags", found.get("Features", "")).split())
    model = found.get("model name") or found.get("Model") or found.get("cpu model")
    if not model and "CPU part" in found:
        model = (
            f"{platform.machine()} implementer {found.get('CPU implementer', '?')} part {found['CPU part']}"
        )
    if not model:
        raise LookupError("no processor is described in /proc/cpuinfo")
    return {
        "model": model,
        "flags": [flag for flag in IMPORTANT_FLAGS if flag in flags],
        "hypervisor": "hypervisor" in flags,
    }


def online_cpus(root: Path = ROOT) -> Reading[tuple[int, ...]]:
    """Numbers of the logical processors that are online."""
    described = re.compile(r"^processor\s*:\s*(\d+)", re.MULTILINE)
    return first(
        (
            read(root / CPUS / "online", cpu_list),
            read(root / "proc/cpuinfo", lambda text: tuple(int(n) for n in described.findall(text))),
        )
    )


def affinity(root: Path = ROOT) -> Reading[tuple[int, ...]]:
    """Logical processors that this process may use (its CPU affinity)."""
    if root == ROOT and hasattr(os, "sched_getaffinity"):
        return Reading("present", tuple(sorted(os.sched_getaffinity(0))))
    return read(root / "proc/self/status", lambda text: cpu_list(fields(text)["Cpus_allowed_list"]))


def allowed_processors(root: Path = ROOT) -> tuple[int, ...]:
    """Logical processors that this process may use; all processors if the system has no affinity (macOS)."""
    return affinity(root).value or tuple(range(os.cpu_count() or 1))


def allowed_cpus(root: Path = ROOT) -> int:
    """Number of processors that this process may keep busy at once, by affinity and cgroup quota; at least 1.

    A CPU quota is rounded down, because one more thread on half a processor would make the other threads wait.
    """
    allowed = len(allowed_processors(root))
    quota = cpu_quota(root).value
    return max(1, allowed if quota is None else min(allowed, int(quota)))


def sibling_groups(root: Path = ROOT) -> Reading[list[list[int]]]:
    """Numbers of the logical processors of each physical core; the list and its inner lists are sorted."""
    names = ("core_cpus_list", "thread_siblings_list")
    cores = (
        first(read(root / CPUS / f"cpu{cpu}" / "topology" / name, cpu_list) for name in names)
        for cpu in online_cpus(root).value or ()
    )
    return combine(cores, lambda groups: [list(group) for group in sorted(set(groups))])


def frequency(root: Path = ROOT) -> Reading[dict[str, Any]]:
    """Frequency governor and frequency range (Hz) of the first processor for which the kernel reports them."""
    return first(_frequency(root / CPUS / f"cpu{cpu}" / "cpufreq") for cpu in online_cpus(root).value or ())


def _frequency(folder: Path) -> Reading[dict[str, Any]]:
    governor = read(folder / "scaling_governor", str.strip)
    low, high = (read(folder / f"cpuinfo_{end}_freq", hertz) for end in ("min", "max"))
    state = first((governor, high)).state
    if state != "present":
        return Reading(state)
    return Reading(state, {"governor": governor.value, "min_hz": low.value, "max_hz": high.value})


def energy(root: Path = ROOT) -> Reading[int]:
    """RAPL energy counter, microjoules; often absent in a virtual machine, and otherwise readable by root only."""
    return first(read(f, int) for f in sorted(root.glob("sys/class/powercap/*rapl*/energy_uj")))


def memory(root: Path = ROOT) -> Reading[dict[str, int]]:
    """Installed memory and swap, bytes."""
    names = {"total_bytes": "MemTotal", "swap_bytes": "SwapTotal"}
    return read(
        root / "proc/meminfo", lambda text: {key: bytes_of(fields(text), name) for key, name in names.items()}
    )


def system(root: Path = ROOT) -> dict[str, str]:
    """Operating system, kernel, architecture, hypervisor and container engine; a name is ``""`` if there is none."""
    release = read(root / "etc/os-release", _assignments).value or {}
    kernel = read(root / "proc/sys/kernel/osrelease", str.strip).value
    return {
        "name": release.get("PRETTY_NAME", "") or platform.system(),
        "kernel": kernel or platform.release(),
        "machine": platform.machine(),
        "virtualisation": _virtualisation(root, kernel or ""),
        "container": _container(root),
    }


def _assignments(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name: value.strip().strip("\"'") for name, _, value in pairs}


def _virtualisation(root: Path, kernel: str) -> str:
    if "microsoft" in kernel.lower():
        return "WSL"
    described = processor(root).value
    if not described or not described["hypervisor"]:
        return ""
    dmi = root / "sys/class/dmi/id"
    names = [read(dmi / name, str.strip).value or "" for name in ("sys_vendor", "product_name")]
    return " ".join(filter(None, names)) or "hypervisor"


def _container(root: Path) -> str:
    """Name of the container engine; ``""`` outside of a container."""
    named = read(root / "run/systemd/container", str.strip).value
    if named:
        return named
    for marker, engine in (("run/.containerenv", "podman"), (".dockerenv", "docker")):
        if (root / marker).exists():
            return engine
    membership = read(root / "proc/1/cgroup", str).value or ""
    match = re.search(r"docker|kubepods|containerd|lxc|libpod", membership)
    return match.group() if match else ""


def graphics_cards(root: Path = ROOT) -> Reading[list[dict[str, Any]]]:
    """Name, driver and memory (bytes) of each NVIDIA card.

    The values come from the driver's library (NVML) if it is installed; otherwise from the driver's files, which give
    the name and the version alone.
    """
    cards = nvml.cards() if root == ROOT else []
    if cards:
        return Reading("present", cards)
    folder = root / "proc/driver/nvidia"
    version = re.compile(r"Module\s+(?:\S+\s+)*?(\d+\.[\d.]+)")
    driver = read(folder / "version", lambda text: version.findall(text)[0]).value or ""
    names = (read(f, lambda text: fields(text)["Model"]) for f in sorted(folder.glob("gpus/*/information")))
    return combine(names, lambda found: [dict(name=name, driver=driver, memory_bytes=None) for name in found])


def graphics_use() -> list[dict[str, int | None]]:
    """Memory in use (bytes) and busy share (percent) of each NVIDIA card now; the list is empty without a card."""
    return [{"used_bytes": card.used_bytes, "busy_percent": card.busy_percent} for card in nvml.use()]


def thread_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Environment variables in effect that control the number, processors or waiting of threads, sorted by name."""
    given = os.environ if environment is None else environment
    return {name: given[name] for name in sorted(given) if _THREAD_VARIABLE.match(name)}
