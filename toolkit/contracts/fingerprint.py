"""The fingerprint of a machine (processors, limits, runtimes) and the provenance of a measurement."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from toolkit import __version__
from toolkit.contracts.backend import BACKENDS
from toolkit.core import units
from toolkit.machine import hardware
from toolkit.machine.kernel_files import ROOT
from toolkit.machine.probes import PROBES
from toolkit.machine.versions import distribution_version

_PACKAGE = Path(__file__).resolve().parents[1]


def fingerprint(root: Path = ROOT) -> dict[str, Any]:
    """Describe the machine in dicts, lists, strings and numbers (JSON), in about 20 ms; no runtime is imported.

    Parameters
    ----------
    root : Path
        Root of the file tree that holds ``/proc`` and ``/sys``.

    Returns
    -------
    dict
        ``cpu``, ``memory``, ``gpu``, ``system``, ``python``, ``runtimes`` (distribution to version),
        ``thread_environment`` (variables that are set), and ``probes`` (name to present, absent or denied).
        Sizes are in bytes, frequencies in hertz; a value that could not be read is None.
    """
    readings = {probe.name: probe.read(root) for probe in PROBES}
    found = {name: reading.value for name, reading in readings.items()}
    memory = {"total_bytes": None, "limit_bytes": found["memory limit"], "swap_bytes": None}
    return {
        "cpu": _cpu(root, found),
        "memory": memory | (found["memory"] or {}),
        "gpu": found["graphics card"] or [],
        "system": hardware.system(root),
        "python": platform.python_version(),
        "runtimes": runtime_versions(),
        "thread_environment": hardware.thread_environment(),
        "probes": {name: reading.state for name, reading in readings.items()},
    }


def _cpu(root: Path, found: Mapping[str, Any]) -> dict[str, Any]:
    allowed = hardware.allowed_processors(root)
    processor = found["processor"] or {}
    groups = found["topology"]
    quota = found["cpu quota"]
    return {
        "model": processor.get("model") or platform.processor() or platform.machine(),
        "flags": processor.get("flags", []),
        "logical": len(hardware.online_cpus(root).value or ()) or os.cpu_count(),
        "allowed": len(allowed),
        "allowed_list": list(allowed),
        "quota": quota,
        "effective": len(allowed) if quota is None else min(float(len(allowed)), quota),
        "physical": len(groups) if groups else None,
        "physical_allowed": sum(1 for g in groups if set(g) & set(allowed)) if groups else None,
        "threads_per_core": max(map(len, groups)) if groups else None,
        "siblings": groups,
        **(found["frequency"] or {"governor": None, "min_hz": None, "max_hz": None}),
    }


def runtime_versions() -> dict[str, str]:
    """Names and versions of all installed packages that run or write networks; no package is imported."""
    always = ("numpy", "opencv-contrib-python", "onnx", "onnxscript")
    versions = {name: distribution_version(name) for name in always}
    # Each backend reports its version, because a runtime can have several package names (onnxruntime-gpu).
    versions |= {backend.distribution: backend.version() for backend in BACKENDS.loadable()}
    return {name: versions[name] for name in sorted(versions) if versions[name]}


def summary(machine: Mapping[str, Any]) -> str:
    """The description of a machine (`fingerprint`) as three lines of text."""
    cpu, memory, system = machine["cpu"], machine["memory"], machine["system"]
    allowed = f"{cpu['allowed']} of {units.counted(cpu['logical'], 'processor')}"
    if cpu["quota"] is not None:
        allowed += f", CPU quota {cpu['quota']:g}"
    if cpu["physical_allowed"]:
        allowed += f", {units.counted(cpu['physical_allowed'], 'physical core')}"
    gigabytes = "unknown" if memory["total_bytes"] is None else f"{memory['total_bytes'] / 1e9:.1f} GB"
    if memory["limit_bytes"] is not None:
        gigabytes += f", limit {memory['limit_bytes'] / 1e9:.1f} GB"
    cards = ", ".join(card["name"] for card in machine["gpu"]) or "no graphics card"
    place = [f"{system['name']}, kernel {system['kernel']}"]
    if system["virtualisation"]:
        place.append(f"virtual ({system['virtualisation']})")
    if system["container"]:
        place.append(f"in a container ({system['container']})")
    if cpu["governor"]:
        place.append(f"governor {cpu['governor']}")
    versions = [f"Python {machine['python']}", *(f"{n} {v}" for n, v in machine["runtimes"].items())]
    first = f"{cpu['model']}: {allowed}; memory {gigabytes}; {cards}"
    return "\n".join((first, ", ".join(place), ", ".join(versions)))


def provenance() -> dict[str, Any]:
    """Where, when and from which commit a measurement was made; the measurement's key does not depend on these facts.

    Returns
    -------
    dict
        ``commit`` (``""`` outside of git), ``dirty`` (whether files differ from the commit; None if unknown),
        ``version``, ``time`` (ISO 8601, UTC), ``load`` (over 1, 5 and 15 minutes; None if the system reports none),
        ``command`` and ``gpu_use``.
    """
    commit, dirty = _commit()
    return {
        "commit": commit,
        "dirty": dirty,
        "version": __version__,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": [round(x, 2) for x in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "command": _command(),
        "gpu_use": hardware.graphics_use(),
    }


def _commit() -> tuple[str, bool | None]:
    """Commit of the checkout that holds this package, and whether tracked files differ from the commit."""
    top, _, commit = (_git("rev-parse", "--show-toplevel", "HEAD") or "").strip().partition("\n")
    if Path(top) != _PACKAGE.parent:
        return "", None
    changes = _git("status", "--porcelain", "--untracked-files=no")
    return commit, None if changes is None else bool(changes.strip())


def changed_sources(old: str, new: str) -> list[str]:
    """Files of the toolkit that differ between two commits; empty if this checkout does not have both commits."""
    names = _git("diff", "--name-only", old, new, "--", "toolkit") if old and new else None
    return (names or "").split()


def _git(*arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "-C", str(_PACKAGE.parent), *arguments], capture_output=True, text=True, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout if answer.returncode == 0 else None


def _command() -> str:
    """The command line that the user typed, as far as the Python interpreter knows it."""
    name, *arguments = sys.argv or [""]
    if "ipykernel" in name:
        return "notebook"
    name = Path(name).parent.name if name.endswith("__main__.py") else Path(name).name
    return shlex.join([name, *arguments])
