"""What makes two measurements of a trial answers to one question: machine, runtimes, sources, weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from toolkit.core.backend import BACKENDS
from toolkit.core.machine import DECISIVE_OF_CPU
from toolkit.core.network import Network
from toolkit.core.operation import OPERATIONS
from toolkit.core.photos import SAMPLES, photo_file
from toolkit.core.trial import Trial

_PACKAGE = Path(__file__).resolve().parents[1]

# Backends whose kernels are files of our own, outside of the operation's file.
_KERNEL_BACKENDS = frozenset({"numpy", "numba"})

# What leads pictures into a network and out of it, whichever it is.
_NETWORK_SOURCES = ("network", "loaded_network", "tiling", "transforms", "exports")

# Every worker sets its own counts, so these may differ in the driver without any effect on a measurement.
_COUNT_SUFFIXES = ("_NUM_THREADS", "_THREADS_NUM")


def environment_id(trial: Trial, machine: Mapping[str, Any]) -> str:
    """What must be equal for two measurements of `trial` to be the same one: 12 hex digits.

    Hardware and limits, the versions of the runtimes that the trial uses, the sources of its operation,
    pre-steps and backend, its plug-ins, and the photos that are files. Not the commit, the time or the load.

    Parameters
    ----------
    machine : mapping
        A `fingerprint`, also after a trip through JSON.
    """
    cpu, memory = machine["cpu"], machine["memory"]
    # The kernel keeps a slightly different share for itself at each start: whole gibibytes are stable.
    sizes = [None if memory[n] is None else round(memory[n] / 2**30) for n in ("total_bytes", "limit_bytes")]
    operation = OPERATIONS[trial.operation]
    params = operation.resolve(dict(trial.params))
    reference = BACKENDS[operation.reference_of(params)]
    used = {BACKENDS[trial.backend].distribution, reference.distribution, "numpy", "opencv-contrib-python"}
    used |= {BACKENDS[OPERATIONS[step].prefer[0]].distribution for step, _ in trial.steps}
    settings = machine["thread_environment"]
    parts = {
        "cpu": {name: cpu[name] for name in DECISIVE_OF_CPU},
        "memory_gib": sizes,
        "gpu": machine["gpu"] if trial.placement.device != "cpu" else None,
        "python": machine["python"],
        "runtimes": {name: machine["runtimes"].get(name, "") for name in sorted(used)},
        "settings": {k: v for k, v in settings.items() if not k.endswith(_COUNT_SUFFIXES)},
        "sources": _content_hash(_sources(trial)),
        "weights": _content_hash(_weights(trial)),
        "plugins": [sha for _, sha in trial.plugins],
        "photos": _content_hash(photo_file(name) for name in trial.images if name not in SAMPLES),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def _sources(trial: Trial) -> list[Path]:
    """Files that decide what the trial computes, in a stable order."""
    operations = [trial.operation, *(step for step, _ in trial.steps)]
    operation = OPERATIONS[trial.operation]
    params = operation.resolve(dict(trial.params))
    backends = {trial.backend, operation.reference_of(params)}
    backends |= {OPERATIONS[step].prefer[0] for step, _ in trial.steps}
    files = [OPERATIONS.source(name) for name in operations]
    files += [BACKENDS.source(name) for name in sorted(backends)]
    if backends & _KERNEL_BACKENDS:
        files += sorted((_PACKAGE / "kernels").rglob("*.py"))
    networks = _networks(trial)
    if networks:
        files += [_PACKAGE / "core" / f"{name}.py" for name in _NETWORK_SOURCES]
        made_by_us = any(n.architecture for n in networks) or trial.placement.precision == "int8"
        files += sorted((_PACKAGE / "nets").glob("*.py")) if made_by_us else []
    return [file for file in files if file is not None]


def _weights(trial: Trial) -> list[Path]:
    """Files of weights that decide what the trial computes."""
    return [file for network in _networks(trial) for file in network.files()]


def _networks(trial: Trial) -> list[Network]:
    """Of the operation and its pre-steps."""
    asked = [(OPERATIONS[name], params) for name, params in ((trial.operation, trial.params), *trial.steps)]
    found = [operation.network_of(operation.resolve(dict(params))) for operation, params in asked]
    return [network for network in found if network is not None]


def source_hash(trial: Trial) -> str:
    """Hash of every source and weights file that decides what `trial` and its reference compute; 64 hex digits."""
    return hashlib.sha256("".join(_content_hash(_sources(trial) + _weights(trial))).encode()).hexdigest()


def _content_hash(files: Iterable[Path]) -> list[str]:
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
