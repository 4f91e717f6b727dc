"""Run each style and each model runtime briefly, and observe the number of threads requested, reported and active."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from toolkit.core import units
from toolkit.core.choices import Device
from toolkit.core.errors import AtelierError
from toolkit.machine.diagnosis import diagnose
from toolkit.machine.hardware import allowed_cpus

PLAN = Plan(blocks=1, seconds=0.2, timeout_s=60.0)
STYLES_MP = 0.5

MODEL, MODELS_MP = "fsrcnn", 0.2
"""The network that every runtime can open; it runs with random weights, so no weights have to be downloaded."""

Plugins = tuple[tuple[str, str], ...]
"""Path and SHA-256 of each plug-in file."""

Combination = tuple[str, str, str]
"""Names of an operation, a backend and a device, whose threads are observed together."""


def combinations(*, has_graphics_card: bool) -> Iterator[Combination]:
    """Yield the test network on each model runtime, installed or not; then each style on each installed backend."""
    for runtime in BACKENDS.loadable():
        if runtime.formats:
            devices = runtime.devices if has_graphics_card else (Device.CPU,)
            yield from ((MODEL, runtime.name, device) for device in devices)
    for operation in OPERATIONS.loadable():
        if operation.is_style:
            for backend in BACKENDS.loadable():
                if operation.runs_on(backend) and backend.is_installed():
                    yield operation.name, backend.name, Device.CPU


def try_threads(
    chosen: Sequence[Combination],
    machine: Mapping[str, Any],
    *,
    plugins: Plugins = (),
    tell: Callable[[str], None] = lambda sentence: None,
) -> list[dict[str, Any]]:
    """Run operations, each in a process of its own, on all allowed processors, and observe the threads of the process.

    Parameters
    ----------
    chosen : sequence of Combination
        Operations, each with the backend and the device that run the operation.
    machine : mapping
        The `fingerprint` of this machine.
    plugins : Plugins
        Plug-in files that every process loads before it runs an operation.
    tell : callable
        A function that receives progress messages.

    Returns
    -------
    list of dict
        One dict for each combination of operation, backend and device (JSON): ``operation``, ``backend``, ``device``,
        the number of threads ``asked`` for and of processors ``allowed``. If the operation ran: threads ``reported`` by
        the runtime and ``at_work`` (active on average), ``settings``, ``findings`` and ``suspect``. If the operation
        did not run: the ``problem``.
    """
    asked = allowed_cpus()
    tell(f"Trying each model runtime and each style on {units.threads_text(asked)} ...")
    with measuring_lock(tell), Inputs() as inputs:
        rows = []
        for number, one in enumerate(chosen, 1):
            name, backend, device = one
            tell(f"{number} of {len(chosen)}: {name}@{backend} on {device}")
            rows.append(_try_one(one, machine, inputs, threads=asked, plugins=plugins))
        return rows


def remarks(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Sentences about the rows of `try_threads`: combinations that did not run, and cures of wrong thread settings."""
    backends: dict[str, list[str]] = {}
    suspect: list[str] = []
    for row in rows:
        findings = row.get("findings", ())
        said = [f"{finding['sentence']}: {finding['cure']}." for finding in findings]
        if "problem" in row:
            said.append(f"the trial did not run: {row['problem']}")
        for sentence in said:
            backends.setdefault(sentence, []).append(row["backend"])
        # Two findings, "nested pools" and "more threads than asked", use the number of active threads, which other
        # processes can change.
        if any(finding["code"] in ("nested pools", "more threads than asked") for finding in findings):
            suspect += row["suspect"]
    sentences = [f"On {', '.join(dict.fromkeys(names))}, {text}" for text, names in backends.items()]
    if suspect:
        cause = f"Other processes disturbed the count of threads ({suspect[0]})"
        sentences.append(f"{cause}: repeat the command on an idle machine.")
    return sentences


def _try_one(
    combination: Combination, machine: Mapping[str, Any], inputs: Inputs, *, threads: int, plugins: Plugins
) -> dict[str, Any]:
    name, backend, device = combination
    row = {"operation": name, "backend": backend, "device": device, "asked": threads}
    row["allowed"] = machine["cpu"]["effective"]
    params, size_mp = ({"weights": "untrained"}, MODELS_MP) if name == MODEL else ({}, STYLES_MP)
    try:
        trial = make_trial(
            name, backend, params=params, device=device, threads=threads, megapixels=size_mp, plugins=plugins
        )
        trial.placed.check()
        prepare_exports(trial)
        block = run_block(trial, inputs, PLAN, number=0)
    except AtelierError as error:
        return {**row, "problem": str(error)}
    settings = dict(block.workers[0].observed)
    ledger = settings.pop("ledger")
    found = diagnose(threads=threads, workers=1, cpu=machine["cpu"], observed=[ledger], settings=settings)
    return {
        **row,
        "reported": settings.pop("threads", None),
        "at_work": round(ledger["active"], 2),
        "device": settings.pop("device", device),
        "settings": settings,
        "findings": [asdict(finding) for finding in found],
        "suspect": list(block.suspect),
    }
