"""Misconfigured and clean threads, planted as /proc trees, from the files to the findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.machine.diagnosis import Finding, diagnose
from toolkit.machine.threads import ledger, observe

SMT_PAIRS = [[0, 2], [1, 3]]
SECONDS = 2.0


@dataclass
class Worker:
    """A process whose threads (share of the time run, share waited, processors allowed) are planted."""

    threads: list[tuple[float, float, str]] = field(default_factory=lambda: [(0.98, 0.01, "0-3")])
    start: dict[str, str] = field(default_factory=dict)
    now: dict[str, str] | None = None
    runtime: int | None = None
    pools: dict[str, int] = field(default_factory=dict)
    idle: float | None = 0.0


@dataclass
class Case:
    name: str
    threads: int = 1
    workers: int = 1
    allowed: int = 4
    quota: float | None = None
    siblings: list[list[int]] | None = None
    observed: list[Worker] = field(default_factory=lambda: [Worker()])
    code: str = ""


def run(root: Path, case: Case) -> list[Finding]:
    """From a planted /proc to the findings."""
    cpu = {
        "allowed_list": list(range(case.allowed)),
        "logical": 4,
        "quota": case.quota,
        "siblings": case.siblings,
    }
    ledgers = [planted_ledger(root, pid, worker) for pid, worker in enumerate(case.observed, start=100)]
    return diagnose(threads=case.threads, workers=case.workers, cpu=cpu, observed=ledgers)


def planted_ledger(root: Path, pid: int, worker: Worker) -> dict[str, Any]:
    observations = []
    for at_s in (0.0, SECONDS):
        process = root / "proc" / str(pid)
        process.mkdir(parents=True, exist_ok=True)
        (process / "environ").write_text("".join(f"{k}={v}\0" for k, v in worker.start.items()))
        for number, (ran, waited, allowed) in enumerate(worker.threads):
            task = process / "task" / str(pid + number)
            task.mkdir(parents=True, exist_ok=True)
            (task / "status").write_text(f"Name:\tpool\nCpus_allowed_list:\t{allowed}\n")
            (task / "schedstat").write_text(f"{int(ran * at_s * 1e9)} {int(waited * at_s * 1e9)} 1\n")
        seen = observe(pid, root)
        now = worker.start if worker.now is None else worker.now
        observations.append({**seen, "at_s": at_s, "environment_now": now})
    return ledger(*observations, runtime_threads=worker.runtime, pools=worker.pools, idle_cpus=worker.idle)


def busy(*allowed: str) -> list[tuple[float, float, str]]:
    return [(0.95, 0.02, processors) for processors in allowed]


def alike(count: int, worker: Worker) -> list[Worker]:
    return [worker] * count


def counted(count: int) -> dict[str, str]:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    return {**dict.fromkeys(names, str(count)), "OPENCV_FOR_THREADS_NUM": str(count)}


WRONG = [
    Case(
        "more threads than processors",
        threads=4,
        workers=2,
        observed=alike(2, Worker([(0.5, 0.45, "0-3")] * 4, runtime=4)),
        code="oversubscribed",
    ),
    Case("one worker too wide", threads=8, observed=[Worker([(0.5, 0.5, "0-3")] * 8)], code="oversubscribed"),
    Case("taskset to one", threads=2, allowed=1, observed=[], code="oversubscribed"),
    Case(
        "more than the container's quota",
        threads=4,
        quota=2.0,
        observed=[Worker(busy(*["0-3"] * 4), runtime=4)],
        code="over quota",
    ),
    Case(
        "variable set too late",
        observed=[Worker(start={"OMP_NUM_THREADS": "8"}, now={"OMP_NUM_THREADS": "1"})],
        code="late variable",
    ),
    Case(
        "variable set at all too late",
        observed=[Worker(now={"MKL_NUM_THREADS": "1"})],
        code="late variable",
    ),
    Case(
        "variable says another count",
        threads=2,
        observed=[Worker(busy("0-3", "0-3"), start={"OMP_NUM_THREADS": "4"})],
        code="contradicting variable",
    ),
    Case(
        "variable is no number",
        observed=[Worker(start={"OMP_NUM_THREADS": "two"})],
        code="unreadable variable",
    ),
    Case(
        "variable is zero", observed=[Worker(start={"OPENBLAS_NUM_THREADS": "0"})], code="unreadable variable"
    ),
    Case(
        "OpenMP binds every worker alike",
        workers=2,
        observed=alike(2, Worker(start={"OMP_PROC_BIND": "close"})),
        code="pinned by a variable",
    ),
    Case(
        "Intel's OpenMP binds every worker alike",
        workers=2,
        observed=alike(2, Worker(start={"KMP_AFFINITY": "granularity=fine,compact,1,0"})),
        code="pinned by a variable",
    ),
    Case(
        "told to wait actively",
        observed=[Worker(start={"OMP_WAIT_POLICY": "ACTIVE"})],
        code="told to spin",
    ),
    Case(
        "told to spin for ever", observed=[Worker(start={"KMP_BLOCKTIME": "infinite"})], code="told to spin"
    ),
    Case(
        "workers pinned to the same processors",
        threads=2,
        workers=2,
        observed=alike(2, Worker(busy("0", "1"))),
        code="pinned together",
    ),
    Case(
        "threads of one pool on one processor",
        threads=2,
        observed=[Worker(busy("3", "3"))],
        code="pinned together",
    ),
    Case(
        "some workers together, another free",
        workers=3,
        observed=[Worker(busy("0")), Worker(busy("0")), Worker(busy("1-3"))],
        code="pinned together",
    ),
    Case(
        "two threads on the siblings of one core",
        threads=2,
        siblings=SMT_PAIRS,
        observed=[Worker(busy("0", "2"))],
        code="pinned to siblings",
    ),
    Case("idle pool spins", threads=4, observed=[Worker(busy(*["0-3"] * 4), idle=2.9)], code="spinning pool"),
    Case(
        "runtime ignores the setting",
        observed=[Worker([(0.9, 0.0, "0-3")], runtime=4)],
        code="setting ignored",
    ),
    Case(
        "library counts the processors of the machine",
        threads=2,
        allowed=2,
        observed=[Worker(busy("0-1", "0-1"), pools={"openblas (numpy)": 4})],
        code="affinity-blind count",
    ),
    Case(
        "library does not see the quota",
        quota=1.5,
        observed=[Worker(pools={"openmp (torch)": 4})],
        code="quota-blind count",
    ),
    Case(
        "pools inside one another",
        threads=2,
        observed=[Worker([(0.9, 0.1, "0-3")] * 4, runtime=2, pools={"openblas (numpy)": 2})],
        code="nested pools",
    ),
    Case(
        "a pool that nobody counted, on a busy machine",
        observed=[Worker([(0.25, 0.75, "0-3")] * 3, runtime=1)],
        code="more threads than asked",
    ),
    Case("runtime without threads", threads=4, observed=[Worker(runtime=1)], code="fewer threads"),
]

CLEAN = [
    Case("one thread"),
    Case("nothing observed yet", threads=4, observed=[]),
    Case("two threads", threads=2, observed=[Worker(busy("0-3", "0-3"), runtime=2)]),
    Case("every processor", threads=4, observed=[Worker(busy(*["0-3"] * 4), runtime=4)]),
    Case("four workers", workers=4, observed=alike(4, Worker(runtime=1))),
    Case("two workers of two", threads=2, workers=2, observed=alike(2, Worker(busy("0-3", "0-3"), runtime=2))),
    Case("variables as asked", threads=2, observed=[Worker(busy("0-3", "0-3"), start=counted(2))]),
    Case("nested levels, the outer as asked", threads=2, observed=[Worker(start={"OMP_NUM_THREADS": "2,1"})]),
    Case("quota that suffices", threads=2, quota=2.0, observed=[Worker(busy("0-3", "0-3"), pools={"blas": 2})]),
    Case("half a processor more", threads=2, quota=1.5, observed=[Worker(busy("0-3", "0-3"), runtime=2)]),
    Case("all pinned apart", threads=4, observed=[Worker(busy("0", "1", "2", "3"))]),
    Case("one of each core", threads=2, siblings=SMT_PAIRS, observed=[Worker(busy("0", "1"))]),
    Case("workers apart", workers=2, observed=[Worker(busy("0-1")), Worker(busy("2-3"))]),
    Case(
        "siblings where every core is in use",
        threads=4,
        siblings=SMT_PAIRS,
        observed=[Worker(busy("0", "1", "2", "3"))],
    ),
    Case("idle threads in plenty", observed=[Worker([*busy("0-3"), *[(0.001, 0.0, "0-3")] * 30])]),
    Case("a neighbour takes half", threads=2, observed=[Worker([(0.5, 0.5, "0-3")] * 2, runtime=2)]),
    Case("a coordinator that polls", threads=2, observed=[Worker([*busy("0-3", "0-3"), (0.3, 0.01, "0-3")])]),
    Case("pools for the same count", threads=2, observed=[Worker(busy("0-3"), runtime=2, pools={"a": 2, "b": 2})]),
    Case("a serial filter given threads", threads=4, observed=[Worker(runtime=4)]),
    Case("a brief spin after the last call", threads=2, observed=[Worker(busy("0-3", "0-3"), idle=0.08)]),
    Case("passive waiting asked for", observed=[Worker(start={"OMP_WAIT_POLICY": "passive", "KMP_BLOCKTIME": "0"})]),
    Case("default spin written out", observed=[Worker(start={"KMP_BLOCKTIME": "200"})]),
    Case("binding turned off", workers=2, observed=alike(2, Worker(start={"OMP_PROC_BIND": "false"}))),
    Case("a single worker may bind", threads=2, observed=[Worker(busy("0", "1"), start={"OMP_PROC_BIND": "true"})]),
    Case("taskset to one, one asked", allowed=1, observed=[Worker(busy("0"), pools={"openblas": 1})]),
    Case("system that tells nothing", threads=2, observed=[Worker([], idle=None)]),
]  # fmt: skip
