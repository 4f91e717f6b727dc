"""The machine as it matters to a measurement: processors, limits, runtimes; and where a measurement was taken."""

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
from toolkit.core.errors import AtelierError
from toolkit.machine import hardware
from toolkit.machine.kernel_files import ROOT
from toolkit.machine.probes import PROBES
from toolkit.machine.versions import distribution_version

_PACKAGE = Path(__file__).resolve().parents[1]


def fingerprint(root: Path = ROOT) -> dict[str, Any]:
    """The machine as plain dicts, lists, strings and numbers (JSON); imports no runtime, takes about 20 ms.

    Parameters
    ----------
    root : Path
        Where ``/proc`` and ``/sys`` are found.

    Returns
    -------
    dict
        ``cpu``, ``memory``, ``gpu``, ``system``, ``python``, ``runtimes`` (distribution to version),
        ``thread_environment`` (variables that are set), and ``probes`` (name to present, absent or denied).
        Bytes and hertz; None where a probe found nothing.
    """
    readings = {probe.name: probe.read(root) for probe in PROBES}
    found = {name: reading.value for name, reading in readings.items()}
    memory = found["memory"] or {}
    return {
        "cpu": _cpu(root, found),
        "memory": {
            "total_bytes": memory.get("total_bytes"),
            "limit_bytes": found["memory limit"],
            "swap_bytes": memory.get("swap_bytes"),
        },
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
    speed = found["frequency"] or {}
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
        "governor": speed.get("governor"),
        "min_hz": speed.get("min_hz"),
        "max_hz": speed.get("max_hz"),
    }


def runtime_versions() -> dict[str, str]:
    """Distribution to version of all that computes or writes graphs and is installed; none is imported."""
    always = ("numpy", "opencv-contrib-python", "onnx", "onnxscript")
    versions = {name: distribution_version(name) for name in always}
    for name in BACKENDS:
        try:
            # The backend knows under which other name its runtime may be installed.
            versions[BACKENDS[name].distribution] = BACKENDS[name].version()
        except AtelierError:
            continue  # a broken plug-in says so when it is used, and cannot have measured anything
    return {name: versions[name] for name in sorted(versions) if versions[name]}


def summary(machine: Mapping[str, Any]) -> str:
    """A `fingerprint` in three lines for people."""
    cpu, memory, system = machine["cpu"], machine["memory"], machine["system"]
    allowed = f"{cpu['allowed']} of {cpu['logical']} processors"
    if cpu["quota"] is not None:
        allowed += f", quota {cpu['quota']:g}"
    if cpu["physical_allowed"]:
        allowed += f", {cpu['physical_allowed']} physical cores"
    gigabytes = "unknown" if memory["total_bytes"] is None else f"{memory['total_bytes'] / 1e9:.1f} GB"
    if memory["limit_bytes"] is not None:
        gigabytes += f", limit {memory['limit_bytes'] / 1e9:.1f} GB"
    cards = ", ".join(card["name"] for card in machine["gpu"]) or "no graphics card"
    place = [f"{system['name']}, kernel {system['kernel']}"]
    place += [f"virtual ({system['virtualisation']})"] * bool(system["virtualisation"])
    place += [f"in a container ({system['container']})"] * bool(system["container"])
    place += [f"governor {cpu['governor']}"] * bool(cpu["governor"])
    versions = [f"Python {machine['python']}", *(f"{n} {v}" for n, v in machine["runtimes"].items())]
    return "\n".join(
        (
            f"{cpu['model']}: {allowed}; memory {gigabytes}; {cards}",
            ", ".join(place),
            ", ".join(versions),
        )
    )


def provenance() -> dict[str, Any]:
    """Where and when a measurement was taken; never part of its key.

    Returns
    -------
    dict
        ``commit`` (``""`` outside of git), ``dirty`` (None when unknown), ``version``, ``time`` (ISO 8601,
        UTC), ``load`` (1, 5 and 15 minutes; None where the system has none), ``command`` and ``gpu_use``.
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
    """Commit of the checkout that holds this package, and whether tracked files differ from it."""
    top = _git("rev-parse", "--show-toplevel")
    if top is None or Path(top.strip()) != _PACKAGE.parent:
        return "", None
    commit, changes = _git("rev-parse", "HEAD"), _git("status", "--porcelain", "--untracked-files=no")
    return (commit or "").strip(), None if changes is None else bool(changes.strip())


def _git(*arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "-C", str(_PACKAGE.parent), *arguments], capture_output=True, text=True, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout if answer.returncode == 0 else None


def _command() -> str:
    """What the user typed, as near as the interpreter knows it."""
    name, *arguments = sys.argv or [""]
    if "ipykernel" in name:
        return "notebook"
    name = Path(name).parent.name if name.endswith("__main__.py") else Path(name).name
    return shlex.join([name, *arguments])
