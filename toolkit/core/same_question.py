"""What makes two measurements of a trial answers to one question: machine, runtimes, sources, weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from toolkit.core.backend import BACKENDS
from toolkit.core.loaded_network import form_of
from toolkit.core.machine import DECISIVE_OF_CPU
from toolkit.core.operation import OPERATIONS
from toolkit.core.sources import digests
from toolkit.core.trial import Trial
from toolkit.images.photos import SAMPLES, mattes_beside, photo_file
from toolkit.models.network import Network
from toolkit.models.onnx_files import made_by

_PACKAGE = Path(__file__).resolve().parents[1]

# Where a network's modules come from; they are imported by the architecture's name, in a process of their own.
_OF_ARCHITECTURES = ("loading", "export")

# What makes the input of a task's trials, and what judges their outputs.
_OF_TASKS = {"super-resolution": ("super_resolution",), "matte": ("matte_quality",)}

# Every worker sets its own counts, so these may differ in the driver without any effect on a measurement.
_COUNT_SUFFIXES = ("_NUM_THREADS", "_THREADS_NUM")


def environment_id(trial: Trial, machine: Mapping[str, Any]) -> str:
    """What must be equal for two measurements of `trial` to be the same one: 12 hex digits.

    Hardware and limits, the versions of the runtimes that the trial uses, the sources of its operation,
    pre-steps and backend with all that they import, the weights, its plug-ins, and the photos that are files. Not the
    commit, the time or the load.

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
    used |= _writers(trial)
    settings = machine["thread_environment"]
    parts = {
        "cpu": {name: cpu[name] for name in DECISIVE_OF_CPU},
        "memory_gib": sizes,
        "gpu": machine["gpu"] if trial.placement.device != "cpu" else None,
        "python": machine["python"],
        "runtimes": {name: machine["runtimes"].get(name, "") for name in sorted(used)},
        "settings": {k: v for k, v in settings.items() if not k.endswith(_COUNT_SUFFIXES)},
        "sources": digests([*_sources(trial), *_judges(trial)]),
        "weights": _content_hash(_weights(trial)),
        "plugins": [sha for _, sha in trial.plugins],
        "photos": _content_hash(_photos(trial)),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def _writers(trial: Trial) -> set[str]:
    """Distributions that write the ONNX files which the trial and its pre-steps open."""
    placed = [(trial.operation, trial.params, trial.backend, trial.placement.precision)]
    placed += [(step, params, OPERATIONS[step].prefer[0], "fp32") for step, params in trial.steps]
    found: set[str] = set()
    for name, params, backend, precision in placed:
        network = OPERATIONS[name].network_of(OPERATIONS[name].resolve(dict(params)))
        form = None if network is None else form_of(network, BACKENDS[backend], precision)
        if form is not None and form[1] == "onnx":
            found |= {*made_by(form[0], precision)}
    return found


def _sources(trial: Trial) -> list[Path]:
    """Files that decide what the trial computes; `digests` finds those that they import."""
    operations = [trial.operation, *(step for step, _ in trial.steps)]
    operation = OPERATIONS[trial.operation]
    params = operation.resolve(dict(trial.params))
    backends = {trial.backend, operation.reference_of(params)}
    backends |= {OPERATIONS[step].prefer[0] for step, _ in trial.steps}
    files = [OPERATIONS.source(name) for name in operations]
    files += [BACKENDS.source(name) for name in backends]
    for network in _networks(trial):
        nets = [network.architecture, *_OF_ARCHITECTURES] if network.architecture else []
        nets += ["quantize"] if trial.placement.precision == "int8" else []
        files += [_PACKAGE / "nets" / f"{name}.py" for name in nets]
    return [file for file in files if file is not None]


def _judges(trial: Trial) -> list[Path]:
    names = _OF_TASKS.get(OPERATIONS[trial.operation].task, ())
    return [_PACKAGE / "bench" / f"{name}.py" for name in names]


def _photos(trial: Trial) -> list[Path]:
    """Photos that are files, and the mattes beside them that a matte is held against."""
    files = [photo_file(name) for name in trial.images if name not in SAMPLES]
    is_judged = OPERATIONS[trial.operation].task == "matte"
    return files + [matte for file in files if is_judged for matte in mattes_beside(file)]


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
    parts = [*digests(_sources(trial)), *_content_hash(_weights(trial))]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _content_hash(files: Iterable[Path]) -> list[str]:
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
