"""Ledger of a process's threads: their work between two moments, and the thread counts that libraries report.

`toolkit.machine.diagnosis` compares a ledger with the threads of the trial and with the allowed processors.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.machine import hardware
from toolkit.machine.kernel_files import ROOT, Reading, cpu_list, fields, read

_NS = 1e-9
_COUNTED = ("cpu_s", "run_delay_s", "voluntary", "involuntary")
# Largest ratio of waiting to running time that counts as work. Even on a crowded machine a thread that computes gets
# its share of a processor. A thread with a larger ratio only looks for work and gives the processor away again, as idle
# threads in the pools of OpenCV and TBB do, so its waiting is cut to this multiple of its running time.
_MOST_WAITING = 20.0
# A thread that ran, or waited for a processor, for at least this share of the time counts as a thread that worked.
_BUSY_SHARE = 0.1


def run_queue(task: Path) -> Reading[tuple[float, float]]:
    """Seconds that a process or thread, given by its folder in ``/proc``, ran, and seconds that it waited to run."""

    def seconds(text: str) -> tuple[float, float]:
        ran_ns, waited_ns, _turns = text.split()
        return int(ran_ns) * _NS, int(waited_ns) * _NS

    return read(task / "schedstat", seconds)


def observe(pid: int | None = None, root: Path = ROOT) -> dict[str, Any]:
    """State of every thread of a process now (JSON); a call takes about 0.1 ms a thread, outside timed regions.

    Parameters
    ----------
    pid : int, optional
        Id of the process to observe; default: this process. Only this process can tell how its environment variables
        changed since it began.
    root : Path
        Root of the file tree that holds ``/proc``.

    Returns
    -------
    dict
        ``at_s`` (monotonic clock), ``threads`` (thread id to ``cpu_s``, ``run_delay_s``, ``voluntary`` and
        ``involuntary`` context switches, ``allowed`` processors; None where unknown), ``environment`` (thread
        variables when the process began, None where unknown) and ``environment_now`` (None for another process).
    """
    process = root / "proc" / str(os.getpid() if pid is None else pid)
    return {
        "at_s": time.monotonic(),
        "threads": {task.name: thread for task in _tasks(process) if (thread := _thread(task)) is not None},
        "environment": read(process / "environ", _variables).value,
        "environment_now": hardware.thread_environment() if pid in (None, os.getpid()) else None,
    }


def ledger(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    runtime_threads: int | None = None,
    pools: Mapping[str, int] | None = None,
    idle_cpus: float | None = None,
) -> dict[str, Any]:
    """Work that the threads of a process did between two observations (JSON).

    Parameters
    ----------
    before, after : mapping
        Two results of `observe` for the same process, before and after the steady calls.
    runtime_threads : int, optional
        Number of threads that the backend reports (its method ``observed``).
    pools : mapping, optional
        Result of `library_pools` in the observed process.
    idle_cpus : float, optional
        Number of processors that idle threads keep busy: the result of `idle_cpus` after the steady calls.

    Returns
    -------
    dict
        ``window_s``: seconds between the observations; ``alive``: number of threads; ``active``: number of threads that
        ran or waited for a processor, on average (it may exceed the number of processors, and other processes do not
        raise it); ``cpus``: number of processors kept busy; ``run_delay_s``: time spent waiting for a processor, over
        all threads (None where unknown), and ``run_delay_share`` of the time that threads ran or waited; ``voluntary``
        and ``involuntary`` context switches; ``busy``: the allowed processors of each thread that worked;
        ``environment``: variables when the process began; ``late``: variables that changed since the process began,
        each with its value then and now; ``runtime_threads``, ``pools`` and ``idle_cpus``: the arguments of these
        names.
    """
    window_s = max(after["at_s"] - before["at_s"], 1e-9)
    threads = after["threads"]
    spent = {tid: _spent(thread, before["threads"].get(tid, {})) for tid, thread in threads.items()}
    total = {name: sum(one[name] for one in spent.values()) for name in _COUNTED}
    cpu_s, delay_s = total["cpu_s"], total["run_delay_s"]
    is_delay_known = any(thread["run_delay_s"] is not None for thread in threads.values())
    start, now = after["environment"], after["environment_now"]
    return {
        "window_s": window_s,
        "alive": len(threads),
        "active": sum(map(_wanted_s, spent.values())) / window_s,
        "cpus": cpu_s / window_s,
        "run_delay_s": delay_s if is_delay_known else None,
        "run_delay_share": delay_s / (cpu_s + delay_s) if delay_s else 0.0,
        "voluntary": total["voluntary"],
        "involuntary": total["involuntary"],
        "busy": [
            threads[tid]["allowed"]
            for tid, one in spent.items()
            if one["cpu_s"] + one["run_delay_s"] > _BUSY_SHARE * window_s and threads[tid]["allowed"]
        ],
        "environment": start,
        "late": _changed(start, now) if start is not None and now is not None else {},
        "runtime_threads": runtime_threads,
        "pools": dict(pools or {}),
        "idle_cpus": idle_cpus,
    }


def idle_cpus(pid: int, seconds: float = 0.1, root: Path = ROOT) -> float | None:
    """Number of processors that another process keeps busy while it waits for its next command, over `seconds`.

    `idle_cpus` must be called right after the last timed call. The result is None if the system shows no threads of
    the process.
    """
    before = observe(pid, root)
    time.sleep(seconds)
    after = observe(pid, root)
    return float(ledger(before, after)["cpus"]) if after["threads"] else None


def library_pools() -> dict[str, int]:
    """Number of threads that each BLAS and OpenMP library in this process would use, as the library reports.

    A key names library and package, such as ``openblas (numpy)``. The dict is empty if the package threadpoolctl is
    not installed.
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
    """The distribution whose wheel contains a library; ``system`` for any other library.

    >>> _package("/home/me/lib/site-packages/numpy.libs/libscipy_openblas64_.so")
    'numpy'
    """
    _, found, inside = path.rpartition("site-packages" + os.sep)
    return inside.split(os.sep)[0].partition(".")[0] if found else "system"


def _tasks(process: Path) -> list[Path]:
    try:
        return sorted((process / "task").iterdir(), key=lambda task: int(task.name))
    except (OSError, ValueError):
        return []


def _thread(task: Path) -> dict[str, Any] | None:
    """Counters of a thread; None if the thread has ended."""
    status = read(task / "status", fields).value
    if status is None:
        return None
    cpu_s, run_delay_s = run_queue(task).value or (read(task / "stat", _cpu_s).value, None)
    allowed = status.get("Cpus_allowed_list")
    return {
        "cpu_s": cpu_s,
        "run_delay_s": run_delay_s,
        "voluntary": int(status.get("voluntary_ctxt_switches", 0)),
        "involuntary": int(status.get("nonvoluntary_ctxt_switches", 0)),
        "allowed": None if allowed is None else list(cpu_list(allowed)),
    }


def _cpu_s(text: str) -> float:
    """User and system time from a ``stat`` file, s; the file counts in ticks of (nearly always) 10 ms."""
    numbers = text.rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def _spent(thread: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, float]:
    return {name: max(0.0, (thread[name] or 0) - (before.get(name) or 0)) for name in _COUNTED}


def _wanted_s(spent: Mapping[str, float]) -> float:
    """Seconds in which a thread had work to do: the time that it ran, and the time that it waited for a processor."""
    return spent["cpu_s"] + min(spent["run_delay_s"], _MOST_WAITING * spent["cpu_s"])


def _variables(text: str) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in text.split("\0") if "=" in entry)
    return hardware.thread_environment({name: value for name, _, value in pairs})


def _changed(start: Mapping[str, str], now: Mapping[str, str]) -> dict[str, list[str | None]]:
    names = sorted({*start, *now})
    return {n: [start.get(n), now.get(n)] for n in names if start.get(n) != now.get(n)}
