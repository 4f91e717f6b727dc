"""What is wrong with the threads of a trial: each misconfiguration named, with the setting that cures it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Beyond what was asked: a coordinator that polls its pool may take part of a processor.
ACTIVE_ALLOWANCE_SHARE = 0.10
ACTIVE_ALLOWANCE = 0.40
# An idle interpreter waits in a system call; a thread that spins burns a whole processor.
IDLE_CPUS = 0.20
# LLVM's and Intel's OpenMP spin for 200 ms by default; this is what people set when they want to spin for ever.
_LONG_BLOCKTIME_MS = 1000


def diagnose(
    *,
    threads: int,
    workers: int,
    cpu: Mapping[str, Any],
    observed: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any] | None = None,
) -> list[Finding]:
    """Hold what was asked and allowed against what was observed.

    Parameters
    ----------
    threads, workers : int
        What the trial asked for: threads inside one process, processes side by side.
    cpu : mapping
        ``fingerprint()["cpu"]``: ``allowed_list``, ``logical``, ``quota`` and ``siblings`` are read.
    observed : sequence of mapping
        One `toolkit.machine.threads.ledger` for each worker; may be empty, for a diagnosis before the run.
    settings : mapping, optional
        What the runtime says of itself in these workers: ``pinning`` and ``spinning`` are read.

    Returns
    -------
    list of Finding
        Empty when nothing is wrong. One of a kind for all workers.
    """
    allowed = frozenset(cpu["allowed_list"])
    found = [*_plan(threads, workers, len(allowed), cpu["quota"])]
    found += _settings(settings or {}, threads, workers)
    for worker in observed:
        found += _variables(worker, threads, workers)
        found += _counts(worker, threads, len(allowed), cpu)
        found += _activity(worker, threads)
    found += _placement(observed, allowed, cpu.get("siblings"))
    return list({finding.code + finding.cure: finding for finding in reversed(found)}.values())[::-1]


def unchecked(observed: Iterable[Mapping[str, Any]]) -> list[str]:
    """What could not be looked at on this system, a sentence each.

    >>> unchecked([{"probes": {"pinning": "denied"}, "idle_cpus": 0.0}])
    ['pinning: not checked, the kernel denies it']
    """
    reasons = {"denied": "the kernel denies it", "absent": "this system does not tell"}
    return list(
        dict.fromkeys(
            f"{name}: not checked, {reasons[state]}"
            for worker in observed
            for name, state in worker["probes"].items()
            if state in reasons
        )
    )


def _plan(threads: int, workers: int, allowed: int, quota: float | None) -> Iterator[Finding]:
    asked = f"{workers} workers x {threads} threads"
    if threads * workers > allowed:
        yield Finding(
            "oversubscribed",
            f"{asked} share {allowed} processors",
            f"ask for at most {allowed} in all, such as workers={min(workers, allowed)},"
            f"threads={max(1, allowed // min(workers, allowed))}",
        )
    elif quota is not None and threads * workers > math.ceil(quota):
        yield Finding(
            "over quota",
            f"{asked} share a quota of {quota:g} processors and will be stopped when it is used up",
            f"ask for at most {max(1, int(quota))} in all, or raise the container's quota",
        )


def _settings(settings: Mapping[str, Any], threads: int, workers: int) -> Iterator[Finding]:
    if settings.get("pinning") and workers > 1:
        yield Finding(
            "pinned by a setting",
            f"pinning=true binds the threads of each of {workers} workers to the same first processors",
            "leave pinning=false",
        )
    if settings.get("spinning") and threads > 1:
        yield Finding(
            "told to spin",
            "spinning=true lets idle threads burn their processors between calls, which slows whatever runs next",
            "leave spinning=false",
        )


def _variables(worker: Mapping[str, Any], threads: int, workers: int) -> Iterator[Finding]:
    start: Mapping[str, str] = worker["environment"] or {}
    late: Mapping[str, Sequence[str | None]] = worker["late"]
    for name, (before, now) in late.items():
        was = "not set" if before is None else before
        yield Finding(
            "late variable",
            f"{name} became {now} after the process had begun with {was}: pools that exist keep their size",
            f"set {name} before the worker is started",
        )
    for name, text in start.items():
        value = text.strip().lower()
        if _is_count(name) and name not in late:
            yield from _count_variable(name, value, threads)
        elif workers > 1 and _pins(name, value):
            yield Finding(
                "pinned by a variable",
                f"{name}={text} binds the threads of each of {workers} workers to the same first processors",
                f"unset {name}, or bind each worker to processors of its own",
            )
        elif _spins(name, value):
            yield Finding(
                "told to spin",
                f"{name}={text} lets idle threads burn their processor between calls",
                "set OMP_WAIT_POLICY=passive" if name == "OMP_WAIT_POLICY" else f"unset {name}",
            )


def _count_variable(name: str, value: str, threads: int) -> Iterator[Finding]:
    # OpenMP takes one count for each level of nesting.
    outer = value.partition(",")[0].strip()
    if not outer.isdigit() or int(outer) < 1:
        yield Finding(
            "unreadable variable",
            f"{name}={value!r} is no count, and the library takes its own default",
            f"set {name}={threads}",
        )
    elif int(outer) != threads:
        yield Finding(
            "contradicting variable",
            f"{name}={value} where {threads} threads were asked for",
            f"set {name}={threads} before the worker is started",
        )


def _counts(
    worker: Mapping[str, Any], threads: int, allowed: int, cpu: Mapping[str, Any]
) -> Iterator[Finding]:
    own = worker["runtime_threads"]
    if own is not None and own < threads:
        yield Finding(
            "fewer threads",
            f"the runtime uses {own} thread{'s' * (own != 1)} where {threads} were asked for",
            f"ask for threads={own}, or use a build of the runtime with threads",
        )
    named = {"the runtime": own, **worker["pools"]}
    for name, count in named.items():
        if count is None or count <= threads:
            continue
        quota = cpu["quota"]
        cure = f"set the count of {name} to {threads} before the worker is started"
        if count > allowed:
            yield Finding(
                "affinity-blind count",
                f"{name} uses {count} threads where the process may use {allowed} processors",
                cure,
            )
        elif quota is not None and count > math.ceil(quota):
            yield Finding(
                "quota-blind count",
                f"{name} uses {count} threads under a quota of {quota:g} processors",
                cure,
            )
        else:
            yield Finding(
                "setting ignored", f"{name} uses {count} threads where {threads} were asked for", cure
            )


def _activity(worker: Mapping[str, Any], threads: int) -> Iterator[Finding]:
    active = worker["active"]
    if _exceeds(active, threads):
        pools = {"the runtime": worker["runtime_threads"] or 1, **worker["pools"]}
        many = sorted(name for name, count in pools.items() if count > 1)
        # One pool that is too wide explains no more threads than it has.
        if len(many) > 1 and _exceeds(active, max(pools.values())):
            yield Finding(
                "nested pools",
                f"{active:.1f} threads were active where {threads} were asked for: {' and '.join(many)} "
                "work inside one another",
                "give the inner pool one thread, such as OPENBLAS_NUM_THREADS=1",
            )
        else:
            yield Finding(
                "more threads than asked",
                f"{active:.1f} threads were active where {threads} were asked for",
                "find the pool that does not follow the setting: each library has a count of its own "
                "(OMP_NUM_THREADS does not govern OpenCV)",
            )
    idle = worker["idle_cpus"]
    if idle is not None and idle > IDLE_CPUS:
        yield Finding(
            "spinning pool",
            f"idle threads keep {idle:.1f} processors busy and slow whatever runs next",
            "turn spinning off: OMP_WAIT_POLICY=passive, KMP_BLOCKTIME=0, or the runtime's own setting "
            "(ONNX Runtime: spinning=false)",
        )


def _exceeds(active: float, threads: int) -> bool:
    return active > threads * (1 + ACTIVE_ALLOWANCE_SHARE) + ACTIVE_ALLOWANCE


def _placement(
    observed: Sequence[Mapping[str, Any]],
    allowed: frozenset[int],
    siblings: Sequence[Sequence[int]] | None,
) -> Iterator[Finding]:
    """Threads that worked, against the processors that they were bound to."""
    masks = [frozenset(mask) & allowed for worker in observed for mask in worker["busy"]]
    bound = [mask for mask in masks if mask < allowed]
    for mask in sorted(set(bound), key=sorted):
        crowd = sum(1 for other in bound if other <= mask)
        # With more threads than processors some must share: only more than a fair share is a mistake.
        if crowd > max(len(mask), math.ceil(len(masks) * len(mask) / len(allowed))):
            yield Finding(
                "pinned together",
                f"{crowd} busy threads are bound to {len(mask)} of {len(allowed)} processors",
                "turn pinning off (OMP_PROC_BIND=false, KMP_AFFINITY=disabled, OpenVINO: "
                "pinning=false), or give each worker processors of its own",
            )
            return
    cores = [frozenset(group) & allowed for group in siblings or () if frozenset(group) & allowed]
    used = sum(1 for core in cores if any(core & mask for mask in bound))
    if cores and bound and len(bound) == len(masks) and used < min(len(bound), len(cores)):
        yield Finding(
            "pinned to siblings",
            f"{len(bound)} busy threads are bound to {used} of {len(cores)} physical cores",
            "bind one thread to each physical core (OMP_PLACES=cores), or turn pinning off",
        )


def _is_count(name: str) -> bool:
    return name.endswith(("_NUM_THREADS", "_THREADS_NUM"))


def _pins(name: str, value: str) -> bool:
    if name == "OMP_PROC_BIND":
        return value not in ("", "false")
    if name == "KMP_AFFINITY":
        return not any(word in value for word in ("none", "disabled")) and value != ""
    return name in ("GOMP_CPU_AFFINITY", "OMP_PLACES") and value != ""


def _spins(name: str, value: str) -> bool:
    if name == "KMP_BLOCKTIME":
        return value == "infinite" or (value.isdigit() and int(value) >= _LONG_BLOCKTIME_MS)
    return (name, value) in (("OMP_WAIT_POLICY", "active"), ("GOMP_SPINCOUNT", "infinite"))


@dataclass(frozen=True)
class Finding:
    """A misconfiguration of threads that was seen while measuring.

    Attributes
    ----------
    code : str
        Stable name, for tables and tests.
    sentence : str
        What is wrong, with its numbers.
    cure : str
        The setting that cures it.
    """

    code: str
    sentence: str
    cure: str
