"""The differences between the environments of two runs of a series, and a command that measures both states again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from toolkit.contracts.fingerprint import changed_sources
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.turns import command_to_bench
from toolkit.core import units

_MACHINE_CHANGED = 0.03
"""Relative change of a small fixed workload's time from which on the machine is named as a cause."""

_MOST_FILES = 5


def what_changed(before: Measurement, after: Measurement) -> Iterator[str]:
    """The differences between the environments of two runs of a series, as phrases: sources first, then versions."""
    yield from _plugins(before, after)
    yield from _sources(before, after)
    old, new = before.fingerprint, after.fingerprint
    yield from _versions(old, new)
    driver = [{card.get("driver") for card in side.get("gpu") or []} for side in (old, new)]
    places: dict[str, tuple[Any, Any]] = {
        "driver of the graphics card": (_joined(driver[0]), _joined(driver[1])),
        "Python": (old.get("python"), new.get("python")),
        "kernel": (_part(old, "system", "kernel"), _part(new, "system", "kernel")),
        "system": (_part(old, "system", "name"), _part(new, "system", "name")),
        "container": (_part(old, "system", "container"), _part(new, "system", "container")),
        "governor": (_part(old, "cpu", "governor"), _part(new, "cpu", "governor")),
        "highest frequency": (_part(old, "cpu", "max_hz"), _part(new, "cpu", "max_hz")),
        "processor's instructions": (_flags(old), _flags(new)),
    }
    yield from (f"{name} {a or 'none'} to {b or 'none'}" for name, (a, b) in places.items() if a != b)
    threads = [side.get("thread_environment") or {} for side in (old, new)]
    for name in sorted({*threads[0], *threads[1]}):
        a, b = (side.get(name, "not set") for side in threads)
        if a != b:
            yield f"variable {name} {a} to {b}"


def command_for_both_sides(before: Measurement, after: Measurement) -> str:
    """The command that measures the states before and after a change again, in turns if both states can be restored.

    A commit of Atelier and the version of one package can be restored. The old text of a plug-in, a kernel or
    a driver cannot be restored; then the command measures only the present state.
    """
    trial = str(after.trial)
    old, new = (str(side.provenance.get("commit") or "") for side in (before, after))
    plugins = [word for path, _ in after.trial.plugins for word in ("--plugin", path)]
    if old and old != new:
        return shlex.join(["atelier", "gate", trial, "--baseline", old[:12], *plugins])
    a, b = (side.fingerprint.get("runtimes") or {} for side in (before, after))
    changed = [name for name in a if name in b and a[name] != b[name]]
    if len(changed) == 1:
        requirements = [f"{changed[0]}=={versions[changed[0]]}" for versions in (a, b)]
        return shlex.join(["atelier", "ab", *requirements, "--trials", trial, *plugins])
    return command_to_bench([after.trial])


def _plugins(before: Measurement, after: Measurement) -> Iterator[str]:
    old = dict(before.trial.plugins)
    for path, sha in after.trial.plugins:
        if old.get(path) != sha:
            was = f" {old[path][:8]} to" if path in old else ""
            yield f"the source {path} changed (SHA-256{was} {sha[:8]})"


def _sources(before: Measurement, after: Measurement) -> Iterator[str]:
    old, new = (str(side.provenance.get("commit") or "") for side in (before, after))
    is_dirty = bool(after.provenance.get("dirty"))
    if old != new:
        files = changed_sources(old, new)
        named = (
            f" ({', '.join(files[:_MOST_FILES])}{', ...' if len(files) > _MOST_FILES else ''})"
            if files
            else ""
        )
        edited = ", with changes that are not committed" if is_dirty else ""
        yield f"Atelier's commit {old[:12] or 'unknown'} to {new[:12] or 'unknown'}{named}{edited}"
    elif before.environment_id != after.environment_id and before.trial.plugins == after.trial.plugins:
        same = _comparable(before.fingerprint) == _comparable(after.fingerprint)
        if same:
            yield "sources that are not committed, weights or photos"


def _comparable(machine: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: machine.get(name) for name in ("cpu", "gpu", "python", "runtimes", "thread_environment")}


def _versions(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    a, b = old.get("runtimes") or {}, new.get("runtimes") or {}
    for name in sorted({*a, *b}):
        if a.get(name) != b.get(name):
            yield f"{name} {a.get(name, 'none')} to {b.get(name, 'none')}"


def _part(machine: Mapping[str, Any], *names: str) -> Any:
    found: Any = machine
    for name in names:
        found = (found or {}).get(name)
    return found


def _flags(machine: Mapping[str, Any]) -> str:
    return " ".join(_part(machine, "cpu", "flags") or [])


def _joined(values: set[Any]) -> str:
    return ", ".join(sorted(str(value) for value in values if value))


def machine_change(sentinel_ratio: float | None) -> Iterator[str]:
    """The machine itself as a cause, if the time of its small fixed workload changed by more than 3 %."""
    if sentinel_ratio is not None and abs(sentinel_ratio - 1) >= _MACHINE_CHANGED:
        word = "longer" if sentinel_ratio > 1 else "less"
        yield f"the machine itself: its small fixed workload took {units.percent(abs(sentinel_ratio - 1))} {word}"
