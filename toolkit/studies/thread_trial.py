"""Each style and each runtime of models, tried for a moment: what it says of itself, and how many threads work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from toolkit.bench.block import run_block
from toolkit.bench.inputs import Inputs
from toolkit.bench.lock import measuring_lock
from toolkit.bench.plan import Plan
from toolkit.bench.references import prepare_exports
from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.choices import Device
from toolkit.core.errors import AtelierError
from toolkit.machine.diagnosis import diagnose
from toolkit.machine.hardware import allowed_cpus

PLAN = Plan(blocks=1, seconds=0.2, timeout_s=60.0)
STYLES_MP = 0.5

Plugins = tuple[tuple[str, str], ...]

MODEL, MODELS_MP = "fsrcnn", 0.2
"""The network that every runtime has a form of; with weights drawn at random, so that none have to be here."""


Way = tuple[str, str, str]
"""Operation, backend, device."""


def ways_to_run(*, has_graphics_card: bool) -> Iterator[Way]:
    """The network on each runtime of models, installed or not; then each style on each backend that is."""
    for backend in BACKENDS:
        try:
            runtime = BACKENDS[backend]
        except AtelierError:
            continue  # `atelier list` says what is wrong with a plug-in
        if runtime.formats:
            devices = runtime.devices if has_graphics_card else (Device.CPU,)
            yield from ((MODEL, backend, device) for device in devices)
    for name in OPERATIONS:
        for backend in BACKENDS:
            try:
                operation, runtime = OPERATIONS[name], BACKENDS[backend]
                wanted = operation.is_style and operation.runs_on(runtime) and runtime.is_installed()
            except AtelierError:
                continue
            if wanted:
                yield name, backend, Device.CPU


def try_threads(
    ways: Iterable[Way],
    machine: Mapping[str, Any],
    *,
    plugins: Plugins = (),
    tell: Callable[[str], None] = lambda sentence: None,
) -> list[dict[str, Any]]:
    """For each way: threads asked for, reported by the runtime, seen at work, its settings, what is wrong (JSON).

    Each runs in a process of its own; one that fails has a ``problem`` instead.

    Parameters
    ----------
    machine : mapping
        A `fingerprint`.
    plugins : tuple of (path, sha256)
        Files to load in those processes.
    tell : callable
        Receives a sentence of progress.
    """
    asked = allowed_cpus()
    tell(f"Trying each runtime of models, and each style, on {asked} threads ...")
    with measuring_lock(tell), Inputs() as inputs:
        return [_tried(way, asked, machine, plugins, inputs) for way in ways]


def _tried(
    way: Way, asked: int, machine: Mapping[str, Any], plugins: Plugins, inputs: Inputs
) -> dict[str, Any]:
    name, backend, device = way
    row = {"operation": name, "backend": backend, "device": device, "asked": asked}
    row["allowed"] = machine["cpu"]["effective"]
    is_model = name == MODEL
    try:
        trial = make_trial(
            name,
            backend,
            params={"weights": "untrained"} if is_model else {},
            device=device,
            threads=asked,
            megapixels=MODELS_MP if is_model else STYLES_MP,
            plugins=plugins,
        )
        BACKENDS[backend].check(trial.placement)
        prepare_exports(trial)
        block = run_block(trial, inputs, PLAN, number=0, seen=set(), judge=lambda outputs: None)
    except AtelierError as error:
        return {**row, "problem": str(error)}
    said = dict(block.workers[0].observed)
    ledger = said.pop("ledger")
    wrong = diagnose(threads=asked, workers=1, cpu=machine["cpu"], observed=[ledger], settings=said)
    return {
        **row,
        "reported": said.pop("threads", None),
        "at_work": round(ledger["active"], 2),
        "device": said.pop("device", device),
        "settings": said,
        "findings": [asdict(finding) for finding in wrong],
        "suspect": list(block.suspect),
    }
