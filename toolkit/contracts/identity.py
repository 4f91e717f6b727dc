"""Hashes that show whether two machines, programs or measurements are equal in one respect.

==================  =====================================================================================
`hardware_id`       Equal for the same hardware with the same limits. A calibration holds for equal hashes.
`comparable_id`     Equal for the same machine, system and runtimes, whose times may be compared.
`machine_id`        Equal for a machine before and after updates, so that a trial's history goes on.
`environment_id`    Equal while a stored measurement is valid: same hardware, runtimes, code, weights.
`source_id`         Equal while a cached reference output is valid: same source files and weights.
`fingerprint_id`    Equal for the same description of machine and software; a store keeps one copy.
==================  =====================================================================================

The key of a Measurement is a hash of its trial and its `environment_id`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from toolkit.contracts import kernel, loaded_network, network_backend, operation
from toolkit.contracts.backend import BACKENDS, backend_named
from toolkit.contracts.loaded_network import form_of
from toolkit.contracts.operation import OPERATIONS
from toolkit.contracts.trial import Trial
from toolkit.core.choices import Device
from toolkit.core.sources import digests
from toolkit.images.photos import SAMPLES, mattes_beside, photo_file
from toolkit.models import network_files
from toolkit.models.network import Network
from toolkit.models.onnx_files import made_by, sources_of

NODE = "node"
"""The entry of a fingerprint that names a machine of a cluster; without a cluster there is no such entry.

Two machines of a cluster may be equal in all but their names: then only the names keep their measurements apart.
"""

_SHARED_RUNTIMES = ("numpy", "opencv-contrib-python")

# The output of a trial depends on the code in the following folders of the toolkit, so a change in such a folder
# makes stored results invalid. For an operation with a network, a change of the three modules in _RUNNING also makes
# them invalid.
_DECISIVE = ("ops", "kernels", "nets", "models", "backends", "images")
_RUNNING = (Path(kernel.__file__), Path(loaded_network.__file__), Path(network_backend.__file__))

# A module that imports the registry of operations can run any operation, so it depends on the files of all operations.
_REGISTRY = f"{operation.__name__}.OPERATIONS"

# Suffixes of environment variables with a number of threads, such as OMP_NUM_THREADS. Each worker process sets these
# variables itself, so their values in the process that starts the workers have no effect and are left out of the hash.
_COUNT_SUFFIXES = ("_NUM_THREADS", "_THREADS_NUM")


def environment_id(trial: Trial, machine: Mapping[str, Any], *, judged_by: Iterable[Path] = ()) -> str:
    """Hash, of 12 hex digits, of everything that a measurement of `trial` depends on, apart from the trial itself.

    The hash includes the hardware and its limits, the versions of the runtimes that the trial uses, the sources of its
    operation, pre-steps and backend with all that they import, the weights, its plug-ins, and the photos that are
    files. The hash does not include the commit, the time or the load of the machine.

    Parameters
    ----------
    machine : mapping
        The result of `fingerprint`, or this result read back from JSON.
    judged_by : iterable of Path
        Modules that decide whether the output is right; a change of such a module leads to a new measurement.
    """
    used = {backend_named(trial.reference).distribution, *_SHARED_RUNTIMES}
    used |= {part.backend.distribution for part in trial.parts} | _writers(trial)
    settings = machine["thread_environment"]
    parts = {
        "cpu": _cpu(machine),
        "memory_gib": _memory_gib(machine),
        "gpu": machine["gpu"] if trial.placement.device != Device.CPU else None,
        "python": machine["python"],
        "runtimes": {name: machine["runtimes"].get(name, "") for name in sorted(used)},
        "settings": {k: v for k, v in settings.items() if not k.endswith(_COUNT_SUFFIXES)},
        "sources": _digests([*_sources(trial), *judged_by]),
        "weights": _content_hash(_weights(trial)),
        "plugins": [sha for _, sha in trial.plugins],
        "photos": _content_hash(_photos(trial)),
        **_node(machine),
    }
    return _digest(parts, digits=12)


def _writers(trial: Trial) -> set[str]:
    """Installed distributions that write the ONNX files which the operations of the trial open."""
    found: set[str] = set()
    for part in trial.parts:
        form = part.network and form_of(part.network, part.backend, part.placement.precision)
        if form and form[1] == "onnx":
            found |= {*made_by(form[0], part.placement.precision)}
    return found


def _sources(trial: Trial) -> list[Path]:
    """Source files on which the output of the trial depends; `digests` adds the files that these files import."""
    backends = {backend_named(trial.reference).name, *(part.backend.name for part in trial.parts)}
    files = [OPERATIONS.source(part.op.name) for part in trial.parts]
    files += [BACKENDS.source(name) for name in backends]
    for network in _networks(trial):
        files += [*sources_of(network), *_RUNNING]
    return [file for file in files if file is not None]


def _digests(files: Iterable[Path]) -> list[str]:
    every_operation = [file for name in OPERATIONS if (file := OPERATIONS.source(name)) is not None]
    return digests(files, folders=_DECISIVE, looked_up={_REGISTRY: every_operation})


def _photos(trial: Trial) -> list[Path]:
    """Photos that are files, and the mattes beside them that the output is compared with."""
    files = [photo_file(name) for name in trial.images if name not in SAMPLES]
    is_judged = trial.op.task == "matte"
    return files + [matte for file in files if is_judged for matte in mattes_beside(file)]


def _weights(trial: Trial) -> list[Path]:
    """Weights files that the output of the trial depends on."""
    return [file for network in _networks(trial) for file in network_files.files(network)]


def _networks(trial: Trial) -> list[Network]:
    """The networks of a trial's main operation and of the operations before the main operation (pre-steps)."""
    return [part.network for part in trial.parts if part.network is not None]


def decisive_files(trial: Trial) -> tuple[Path, ...]:
    """The source and weights files that `trial` names; `source_id` is a hash of these files and of their imports.

    Trials with equal files have equal values of `source_id`, so a caller with many trials computes each value once.
    """
    return (*_sources(trial), *_weights(trial))


def source_id(trial: Trial) -> str:
    """Hash of the source and weights files that the output of `trial` and its reference depend on; 64 hex digits."""
    parts = [*_digests(_sources(trial)), *_content_hash(_weights(trial))]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _content_hash(files: Iterable[Path]) -> list[str]:
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def hardware_id(machine: Mapping[str, Any]) -> str:
    """Hash, of 12 hex digits, of the machine's hardware and its limits alone."""
    system = machine["system"]
    return _digest([_cpu(machine), machine["gpu"], system["virtualisation"], system["container"]], digits=12)


def comparable_id(machine: Mapping[str, Any]) -> str:
    """Hash, of 8 hex digits, of a machine; measurements on machines with equal hashes may be compared.

    The hash leaves out facts that no measured time depends on: which files of the system could be read, which of
    several equal cores are allowed, and runtimes that a trial does not use. The key of a trial includes the runtimes
    that the trial uses.

    Parameters
    ----------
    machine : mapping
        The result of `fingerprint`; a fingerprint from an older version may lack some parts.

    >>> comparable_id({"cpu": {"model": "A"}, "probes": {}}) == comparable_id({"cpu": {"model": "A"}})
    True
    """
    runtimes = machine.get("runtimes", {})
    parts = [machine.get(name) for name in ("gpu", "system", "python")]
    parts += [_cpu(machine), _memory_gib(machine), *(runtimes.get(name) for name in _SHARED_RUNTIMES)]
    parts += _node(machine).values()
    return _digest(parts, digits=8)


def environment_name(machine: Mapping[str, Any]) -> str:
    """The name of a machine in tables and charts: `comparable_id`, after the machine's name in a cluster if it has one.

    >>> environment_name({"cpu": {}, "node": "left"}).split()[0]
    'left'
    """
    return " ".join([*_node(machine).values(), comparable_id(machine)])


def machine_id(machine: Mapping[str, Any]) -> str:
    """Hash, of 12 hex digits, of what updates of a machine leave as it is: processor, limits, memory, cards, name.

    The hash leaves out versions, kernel, driver, governor and container: when one of these changes, the history of
    the machine's measurements goes on, and the history names the change.

    >>> card = {"name": "A", "driver": "535"}
    >>> machine_id({"gpu": [card]}) == machine_id({"gpu": [{**card, "driver": "550"}]})
    True
    """
    cpu = {name: machine.get("cpu", {}).get(name) for name in "model logical allowed quota physical".split()}
    cards = [card.get("name") for card in machine.get("gpu") or []]
    kind = machine.get("system", {}).get("virtualisation")
    return _digest([cpu, _memory_gib(machine), cards, kind, _node(machine)], digits=12)


def machine_name(machine: Mapping[str, Any]) -> str:
    """A machine as text: its processor and number of cores, preceded by its name if it has one.

    >>> machine_name({"cpu": {"model": "Example CPU", "allowed": 2}, "node": "left"})
    'left: Example CPU, 2 cores'
    """
    cpu = machine.get("cpu", {})
    allowed = cpu.get("allowed")
    cores = [] if allowed is None else [f"{allowed} core{'' if allowed == 1 else 's'}"]
    parts = [cpu.get("model") or "unknown processor", *cores]
    return ": ".join([*_node(machine).values(), ", ".join(parts)])


def fingerprint_id(machine: Mapping[str, Any]) -> str:
    """Hash, of 16 hex digits, of a whole fingerprint (the description of a machine and its software)."""
    return _digest(machine, digits=16)


def _node(machine: Mapping[str, Any]) -> dict[str, str]:
    return {NODE: machine[NODE]} if machine.get(NODE) else {}


def _cpu(machine: Mapping[str, Any]) -> dict[str, Any]:
    """Properties of the processor that affect speed; the numbers of the allowed cores do not, as cores are equal."""
    names = "model flags logical allowed quota physical physical_allowed governor max_hz".split()
    return {name: machine.get("cpu", {}).get(name) for name in names}


def _memory_gib(machine: Mapping[str, Any]) -> list[int | None]:
    """Total memory and memory limit, rounded to GiB: the kernel reserves a slightly different amount at each boot."""
    sizes = [machine.get("memory", {}).get(name) for name in ("total_bytes", "limit_bytes")]
    return [None if size is None else round(size / 2**30) for size in sizes]


def _digest(parts: object, *, digits: int) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:digits]
