"""The thread ledger of a process: what the kernel saw its threads do, and what its libraries say of themselves.

`toolkit.machine.diagnosis` compares a ledger with what was asked for and allowed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.machine import hardware, probes
from toolkit.machine.probes import ROOT, fields, read

# Nanoseconds of processor time and of waiting in the run queue.
_NS = 1e-9
# A thread that computes gets its share of a crowded machine. One that waits for longer than this many times what it
# got gives its turns away while it looks for work, as idle threads of OpenCV's and TBB's pools do.
_MOST_WAITING = 20.0


def observe(pid: int | None = None, root: Path = ROOT) -> dict[str, Any]:
    """Every thread of a process at this moment (JSON); about 0.1 ms a thread, outside of timed regions.

    Parameters
    ----------
    pid : int, optional
        Default: this process. Only of itself can a process tell how its variables have changed since it began.
    root : Path
        Where ``/proc`` is found.

    Returns
    -------
    dict
        ``at_s`` (monotonic clock), ``threads`` (thread id to ``name``, ``cpu_s``, ``run_delay_s``, ``voluntary``
        and ``involuntary`` switches, ``allowed`` processors; None where unknown), ``environment`` (thread
        variables when the process began, None where unknown), ``environment_now`` (None for another process)
        and ``probes`` (name to present, absent or denied).
    """
    process = root / "proc" / str(os.getpid() if pid is None else pid)
    start = read(process / "environ", _variables)
    tasks, state = _tasks(process)
    threads, states = {}, {"threads": state, "environment": start.state}
    for task in tasks:
        status = read(task / "status", fields)
        scheduled = read(task / "schedstat", lambda text: [int(n) for n in text.split()])
        if status.value is None:
            continue  # the thread has ended
        states |= {"run-queue delay": scheduled.state, "pinning": status.state}
        threads[task.name] = _thread(task, status.value, scheduled.value)
    return {
        "at_s": time.monotonic(),
        "threads": threads,
        "environment": start.value,
        "environment_now": hardware.thread_environment() if pid in (None, os.getpid()) else None,
        "probes": states,
    }


def ledger(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    runtime_threads: int | None = None,
    pools: Mapping[str, int] | None = None,
    idle_cpus: float | None = None,
) -> dict[str, Any]:
    """What a process's threads did between two observations (JSON).

    Parameters
    ----------
    before, after : mapping
        Two answers of `observe` for the same process, around the steady calls.
    runtime_threads : int, optional
        What the backend's own ``observed()`` says.
    pools : mapping, optional
        What `library_pools` says.
    idle_cpus : float, optional
        What `idle_cpus` measured afterwards.

    Returns
    -------
    dict
        ``window_s``; ``alive`` threads; ``active``: how many threads ran or waited to run, on average (more
        threads than processors do not hide in it, and neighbours do not raise it); ``cpus`` kept busy;
        ``run_delay_s`` (None where it cannot be read) and ``run_delay_share`` of the time that threads wanted to
        run; switches; ``busy`` (allowed processors of each thread that worked); ``environment``, ``late``
        (variable to its value at the start and now), ``runtime_threads``, ``pools``, ``idle_cpus`` and ``probes``.
    """
    window_s = max(after["at_s"] - before["at_s"], 1e-9)
    rows = [
        (thread, _spent(thread, before["threads"].get(tid, {}))) for tid, thread in after["threads"].items()
    ]
    cpu_s = sum(spent["cpu_s"] for _, spent in rows)
    delay_s = sum(spent["run_delay_s"] for _, spent in rows)
    # A thread that wanted to work for a tenth of the time belongs to a pool that computes.
    busy = [t["allowed"] for t, spent in rows if spent["cpu_s"] + spent["run_delay_s"] > 0.1 * window_s]
    start, now = after["environment"], after["environment_now"]
    return {
        "window_s": window_s,
        "alive": len(after["threads"]),
        "active": sum(_wanted_s(spent) for _, spent in rows) / window_s,
        "cpus": cpu_s / window_s,
        "run_delay_s": delay_s if after["probes"].get("run-queue delay") == "present" else None,
        "run_delay_share": delay_s / (cpu_s + delay_s) if delay_s else 0.0,
        "voluntary": sum(spent["voluntary"] for _, spent in rows),
        "involuntary": sum(spent["involuntary"] for _, spent in rows),
        "busy": [allowed for allowed in busy if allowed],
        "environment": start,
        "late": _changed(start, now) if start is not None and now is not None else {},
        "runtime_threads": runtime_threads,
        "pools": dict(pools or {}),
        "idle_cpus": idle_cpus,
        "probes": after["probes"],
    }


def idle_cpus(pid: int, seconds: float = 0.1, root: Path = ROOT) -> float | None:
    """Processors that a process keeps busy while it should be waiting for its next command.

    Called by the driver, right after the last timed call; sleeps for `seconds`. None where nothing can be read.
    """
    before = observe(pid, root)
    time.sleep(seconds)
    after = observe(pid, root)
    if not after["threads"]:
        return None
    spent: float = ledger(before, after)["cpus"]
    return spent


def library_pools() -> dict[str, int]:
    """Threads that each loaded BLAS and OpenMP library of this process would use, as the library itself says.

    Empty where threadpoolctl is not installed. Named ``openblas (numpy)`` after library and package.
    """
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return {}
    return {
        f"{pool['internal_api']} ({_package(pool['filepath'])})": int(pool["num_threads"])
        for pool in threadpool_info()
        if pool["num_threads"]
    }


def _package(path: str) -> str:
    """The distribution whose wheel brought a library; ``system`` for one from elsewhere.

    >>> _package("/home/me/lib/site-packages/numpy.libs/libscipy_openblas64_.so")
    'numpy'
    """
    _, found, inside = path.rpartition("site-packages" + os.sep)
    return inside.split(os.sep)[0].partition(".")[0] if found else "system"


def _tasks(process: Path) -> tuple[list[Path], str]:
    try:
        return sorted((process / "task").iterdir(), key=lambda task: int(task.name)), "present"
    except PermissionError:
        return [], "denied"
    except (OSError, ValueError):
        return [], "absent"


def _thread(task: Path, status: Mapping[str, str], scheduled: list[int] | None) -> dict[str, Any]:
    cpu_s = scheduled[0] * _NS if scheduled else read(task / "stat", _cpu_s).value
    allowed = status.get("Cpus_allowed_list")
    return {
        "name": status.get("Name", ""),
        "cpu_s": cpu_s,
        "run_delay_s": scheduled[1] * _NS if scheduled and len(scheduled) > 1 else None,
        "voluntary": int(status.get("voluntary_ctxt_switches", 0)),
        "involuntary": int(status.get("nonvoluntary_ctxt_switches", 0)),
        "allowed": None if allowed is None else list(probes.cpu_list(allowed)),
    }


def _cpu_s(text: str) -> float:
    """User and system time from ``stat``, in ticks of (nearly always) 10 ms."""
    numbers = text.rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def _spent(thread: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, float]:
    names = ("cpu_s", "run_delay_s", "voluntary", "involuntary")
    return {name: max(0.0, (thread[name] or 0) - (before.get(name) or 0)) for name in names}


def _wanted_s(spent: Mapping[str, float]) -> float:
    """For how long a thread had work to do."""
    return spent["cpu_s"] + min(spent["run_delay_s"], _MOST_WAITING * spent["cpu_s"])


def _variables(text: str) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in text.split("\0") if "=" in entry)
    return hardware.thread_environment({name: value for name, _, value in pairs})


def _changed(start: Mapping[str, str], now: Mapping[str, str]) -> dict[str, list[str | None]]:
    names = sorted({*start, *now})
    return {n: [start.get(n), now.get(n)] for n in names if start.get(n) != now.get(n)}
