"""Find wrong thread settings of a trial (one measured setting), each with its numbers and its cure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.core import units

# The number of active threads may exceed the number in the trial by this share plus this constant, because a thread
# that waits for other threads may use part of a processor.
ACTIVE_ALLOWANCE_SHARE = 0.10
ACTIVE_ALLOWANCE = 0.40
# Number of processors that a waiting process may keep busy. An idle Python process uses nearly no processor. An idle
# thread that spins (looks for work in a loop) keeps a whole processor busy, so a larger number shows that threads spin.
IDLE_CPUS = 0.20
# Idle threads of LLVM's and Intel's OpenMP spin for 200 ms by default. From this value of KMP_BLOCKTIME on, the user
# is assumed to want threads that never sleep.
_LONG_BLOCKTIME_MS = 1000

_SPINS = "keeps idle threads busy between calls, which slows the work that runs next"


@dataclass(frozen=True)
class Finding:
    """One wrong setting of threads in a trial.

    Attributes
    ----------
    code : str
        Name of the mistake; tables and tests rely on this name, so the name does not change.
    sentence : str
        The mistake, with the numbers that show the mistake.
    cure : str
        The setting that corrects the mistake.
    """

    code: str
    sentence: str
    cure: str


def diagnose(
    *,
    threads: int,
    workers: int,
    cpu: Mapping[str, Any],
    observed: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any] | None = None,
    workers_a_process: int = 1,
) -> list[Finding]:
    """Compare the number of threads in a trial with the allowed processors and with the observed threads.

    Parameters
    ----------
    threads, workers : int
        Number of threads in each worker, and number of workers that run side by side, as the trial states.
    cpu : mapping
        ``fingerprint()["cpu"]``, of which ``allowed_list``, ``quota`` and ``siblings`` are read.
    observed : sequence of mapping
        The result of `toolkit.machine.threads.ledger` for each process; empty before a run.
    settings : mapping, optional
        Settings that the runtime reports in these workers; only ``pinning`` and ``spinning`` are read.
    workers_a_process : int
        Number of workers in each process: more than 1 where workers are threads.

    Returns
    -------
    list of Finding
        The list is empty if no setting is wrong. A finding that several workers have in common appears once.
    """
    allowed = frozenset(cpu["allowed_list"])
    found = [*_plan(threads, workers, len(allowed), cpu["quota"])]
    found += _settings(settings or {}, threads, workers)
    for worker in observed:
        found += _variables(worker, threads, workers)
        found += _counts(worker, threads, len(allowed), cpu["quota"])
        found += _activity(worker, threads * workers_a_process)
    found += _placement(observed, allowed, cpu.get("siblings"))
    unique: dict[tuple[str, str], Finding] = {}
    for finding in found:
        unique.setdefault((finding.code, finding.cure), finding)
    return list(unique.values())


def _plan(threads: int, workers: int, allowed: int, quota: float | None) -> Iterator[Finding]:
    asked = f"{workers} workers x {threads} threads"
    if threads * workers > allowed:
        fits = min(workers, allowed)
        yield Finding(
            "oversubscribed",
            f"{asked} share {allowed} processors",
            f"use at most {allowed} threads in all, such as workers={fits},threads={allowed // fits}",
        )
    elif quota is not None and threads * workers > math.ceil(quota):
        yield Finding(
            "over quota",
            f"{asked} share a CPU quota of {quota:g} processors, and stop whenever the quota is used up",
            f"use at most {max(1, int(quota))} threads in all, or raise the container's CPU quota",
        )


def _settings(settings: Mapping[str, Any], threads: int, workers: int) -> Iterator[Finding]:
    if settings.get("pinning") and workers > 1:
        yield Finding("pinned by a setting", f"pinning=true {_binds_all(workers)}", "set pinning=false")
    if settings.get("spinning") and threads > 1:
        yield Finding("told to spin", f"spinning=true {_SPINS}", "set spinning=false")


def _variables(worker: Mapping[str, Any], threads: int, workers: int) -> Iterator[Finding]:
    late: Mapping[str, Sequence[str | None]] = worker["late"]
    for name, (before, now) in late.items():
        yield Finding(
            "late variable",
            f"{name} changed from {before or 'not set'} to {now} after the process had started, too late for "
            "thread pools that exist",
            f"set {name} before the worker starts",
        )
    for name, text in (worker["environment"] or {}).items():
        value = text.strip().lower()
        if name.endswith(("_NUM_THREADS", "_THREADS_NUM")) and name not in late:
            yield from _count_variable(name, value, threads)
        elif workers > 1 and _pins(name, value):
            yield Finding(
                "pinned by a variable",
                f"{name}={text} {_binds_all(workers)}",
                f"unset {name}, or give each worker processors of its own",
            )
        elif _spins(name, value):
            cure = "set OMP_WAIT_POLICY=passive" if name == "OMP_WAIT_POLICY" else f"unset {name}"
            yield Finding("told to spin", f"{name}={text} {_SPINS}", cure)


def _count_variable(name: str, value: str, threads: int) -> Iterator[Finding]:
    # OpenMP accepts a list such as 4,2: threads of the outer loop, then of loops inside it. Only the first number is
    # compared.
    outer = value.partition(",")[0].strip()
    cure = f"set {name}={threads} before the worker starts"
    if not outer.isdigit() or int(outer) < 1:
        problem = f"{name}={value!r} is not a number of threads, so the library uses its default number"
        yield Finding("unreadable variable", problem, cure)
    elif int(outer) != threads:
        problem = f"{name}={value}, but the trial asks for {units.threads_text(threads)}"
        yield Finding("contradicting variable", problem, cure)


def _counts(worker: Mapping[str, Any], threads: int, allowed: int, quota: float | None) -> Iterator[Finding]:
    own = worker["runtime_threads"]
    if own is not None and own < threads:
        yield Finding(
            "fewer threads",
            f"the runtime uses {units.threads_text(own)}, but the trial asks for {threads} threads",
            f"use threads={own}, or a build of the runtime with more threads",
        )
    for name, count in {"the runtime": own, **worker["pools"]}.items():
        if count is None or count <= threads:
            continue
        if count > allowed:
            code, limit = "affinity-blind count", f"the process may use {allowed} processors"
        elif quota is not None and count > math.ceil(quota):
            code, limit = "quota-blind count", f"the CPU quota is {quota:g} processors"
        else:
            code, limit = "setting ignored", f"the trial asks for {threads}"
        cure = f"set the thread count of {name} to {threads} before the worker starts"
        yield Finding(code, f"{name} uses {count} threads, but {limit}", cure)


def _activity(worker: Mapping[str, Any], threads: int) -> Iterator[Finding]:
    active, idle = worker["active"], worker["idle_cpus"]
    problem = f"{active:.1f} threads were active on average, but the trial asks for {threads}"
    pools = {"the runtime": worker["runtime_threads"] or 1, **worker["pools"]}
    many = sorted(name for name, count in pools.items() if count > 1)
    # If more threads are active than the largest pool has, at least two pools must be working at once.
    if _exceeds(active, threads) and len(many) > 1 and _exceeds(active, max(pools.values())):
        yield Finding(
            "nested pools",
            f"{problem}: {' and '.join(many)} start threads inside one another",
            "give the inner pool one thread, such as OPENBLAS_NUM_THREADS=1",
        )
    elif _exceeds(active, threads):
        yield Finding(
            "more threads than asked",
            problem,
            "find the library that ignores the setting; each library has a setting of its own (OpenCV does "
            "not read OMP_NUM_THREADS)",
        )
    if idle is not None and idle > IDLE_CPUS:
        yield Finding(
            "spinning pool",
            f"idle threads keep {idle:.1f} processors busy between calls, which slows the work that runs next",
            "turn spinning off: OMP_WAIT_POLICY=passive, KMP_BLOCKTIME=0, or spinning=false (ONNX Runtime)",
        )


def _exceeds(active: float, threads: int) -> bool:
    return active > threads * (1 + ACTIVE_ALLOWANCE_SHARE) + ACTIVE_ALLOWANCE


def _placement(
    observed: Sequence[Mapping[str, Any]],
    allowed: frozenset[int],
    siblings: Sequence[Sequence[int]] | None,
) -> Iterator[Finding]:
    """Findings about threads that worked but were bound to fewer processors than they could use."""
    masks = [frozenset(mask) & allowed for worker in observed for mask in worker["busy"]]
    bound = [mask for mask in masks if mask < allowed]
    for mask in sorted(set(bound), key=sorted):
        crowd = sum(1 for other in bound if other <= mask)
        # With more threads than processors, some threads must share a processor. Only a processor that has more threads
        # than in an even distribution of all threads shows a mistake.
        if crowd > max(len(mask), math.ceil(len(masks) * len(mask) / len(allowed))):
            yield Finding(
                "pinned together",
                f"{crowd} busy threads are bound to {len(mask)} of {len(allowed)} processors",
                "turn pinning off (OMP_PROC_BIND=false, KMP_AFFINITY=disabled; OpenVINO: pinning=false), "
                "or give each worker processors of its own",
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


def _binds_all(workers: int) -> str:
    return f"binds the threads of all {workers} workers to the same processors"


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
